"""Recordings come back from files as they were."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from audio.streams import noise
from rtproxy import load_wav, save_wav

FULL = Path("/dev/full")


@pytest.mark.parametrize("shape", [(0,), (1,), (480,), (480, 2), (480, 6)])
@pytest.mark.parametrize("rate_hz", [8_000, 24_000, 44_100, 12_345])
def test_floats_come_back_exactly(tmp_path, shape, rate_hz):
    samples = noise(*shape) if len(shape) == 2 else noise(*shape)[:, 0]
    save_wav(tmp_path / "a.wav", samples, rate_hz)
    again, told_hz = load_wav(tmp_path / "a.wav")
    assert (again.dtype, again.shape, told_hz) == (np.float32, shape, rate_hz)
    assert again.tobytes() == samples.tobytes()


def test_int16_comes_back_as_floats_of_the_same_size(tmp_path):
    samples = np.array([[-32_768, 32_767], [0, 16_384]], np.int16)
    save_wav(str(tmp_path / "a.wav"), samples, 24_000)
    again, _ = load_wav(str(tmp_path / "a.wav"))
    assert (again * 32_768).tolist() == samples.tolist()


def test_what_is_no_recording_is_refused_before_there_is_a_file(tmp_path):
    file = tmp_path / "a.wav"
    for samples, rate_hz, error, words in [
        (np.zeros(4), 8_000, TypeError, "float32 or int16, not of float64"),
        ([0.0], 8_000, TypeError, "not list"),
        (np.zeros((4, 2, 2), np.float32), 8_000, ValueError, r"not \(4, 2, 2\)"),
        (np.zeros((4, 0), np.float32), 8_000, ValueError, r"not \(4, 0\)"),
        (np.zeros((1, 1_025), np.float32), 8_000, ValueError, r"1024 channels, not \(1, 1025\)"),
        (np.zeros(4, np.float32), 0, ValueError, "from 1 to 2147483647 Hz, not 0"),
        (np.zeros(4, np.float32), 2**31, ValueError, "not 2147483648"),
        (np.zeros(4, np.float32), 8_000.5, TypeError, "whole number of Hz, not 8000.5"),
        (np.zeros(4, np.float32), "8000", TypeError, "not '8000'"),
    ]:
        with pytest.raises(error, match=words):
            save_wav(file, samples, rate_hz)
    assert not file.exists()


def test_a_recording_survives_what_cannot_replace_it(tmp_path):
    file = tmp_path / "a.wav"
    save_wav(file, noise(480, 2), 24_000)
    before = file.read_bytes()
    with pytest.raises(TypeError):
        save_wav(file, noise(480, 2), 24_000.0)  # type: ignore[arg-type] # that is the fault
    assert file.read_bytes() == before


@pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")
def test_a_full_disk_is_told_by_an_error_alone(capfd):
    with pytest.raises(OSError, match="No space left"):
        save_wav(FULL, noise(48_000, 2), 24_000)
    assert capfd.readouterr() == ("", "")


def test_what_cannot_be_read_says_why(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_wav(tmp_path / "nowhere.wav")
    file = tmp_path / "text.wav"
    file.write_text("Once upon a time there was no header.")
    with pytest.raises(ValueError, match=r"text\.wav is not a sound file"):
        load_wav(file)
