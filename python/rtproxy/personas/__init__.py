"""Who answers: instructions, voice and turn detection, as data."""
