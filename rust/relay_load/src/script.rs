//! What the upstream says: a turn every ten seconds, audio and transcript in between.
//!
//! The events of a turn are those of the Realtime API, in its order. Where they fall is
//! counted in steps of 40 ms. A turn has a pause, so that the answer before it has been
//! played when the next person speaks: otherwise it would be an interruption.

use std::io::Write;

/// What a chunk plays.
const STEP_MS: u32 = 40;
/// Steps from one turn to the next: ten seconds.
const TURN_STEPS: u32 = 250;
/// From the end of an answer to the first sound of the next one: 320 ms.
const SPEECH_STARTED: u32 = 4;
const SPEECH_STOPPED: u32 = 6;
const ANSWER: u32 = 8;
/// A transcript delta about four times a second.
const WORD_STEPS: u32 = 6;
/// What a word of the transcript begins with; its number, in eight digits, follows.
pub const WORD: &[u8] = b"word-";

const SESSION: &str = concat!(
    r#""session":{"type":"realtime","object":"realtime.session","#,
    r#""id":"sess_000000000000000000000","model":"gpt-realtime","output_modalities":["audio"],"#,
    r#""instructions":"You are Ally. Be warm and brief.","tools":[],"tool_choice":"auto","#,
    r#""max_output_tokens":"inf","tracing":null,"truncation":"auto","prompt":null,"#,
    r#""expires_at":4000000000,"audio":{"input":{"format":{"type":"audio/pcm","rate":24000},"#,
    r#""transcription":null,"noise_reduction":null,"turn_detection":{"type":"server_vad","#,
    r#""threshold":0.5,"prefix_padding_ms":300,"silence_duration_ms":200,"#,
    r#""idle_timeout_ms":null,"create_response":true,"interrupt_response":true}},"#,
    r#""output":{"format":{"type":"audio/pcm","rate":24000},"voice":"alloy","speed":1.0}},"#,
    r#""include":null}"#
);
const USAGE: &str = concat!(
    r#"{"total_tokens":70,"input_tokens":40,"output_tokens":30,"input_token_details":"#,
    r#"{"text_tokens":30,"audio_tokens":10,"image_tokens":0,"cached_tokens":0,"#,
    r#""cached_tokens_details":{"text_tokens":0,"audio_tokens":0,"image_tokens":0}},"#,
    r#""output_token_details":{"text_tokens":8,"audio_tokens":22}}"#
);

const PCM16: &str = r#"{"type":"audio/pcm","rate":24000}"#;
/// What telephones speak, as the API names it.
pub const MULAW: &str = "audio/pcmu";

/// What a step brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// These events, often none.
    Events(Vec<String>),
    /// A chunk of audio, and a word before it.
    AudioAndWord,
    /// A chunk of audio.
    Audio,
}

/// Where in its turns one upstream session is.
#[derive(Debug)]
pub struct Script {
    number: u32,
    step: u32,
    turn: u32,
    events: u32,
    words: u32,
    mulaw: bool,
}

impl Script {
    /// The script of session `number`: it begins with a turn of its own length, so that
    /// not all sessions have theirs at once.
    pub fn new(number: u32) -> Self {
        Self {
            number,
            step: SPEECH_STARTED,
            turn: 0,
            events: 0,
            words: 0,
            mulaw: false,
        }
    }

    /// The first event of all.
    pub fn created(&mut self) -> String {
        self.event("session.created", SESSION)
    }

    /// The answer to a `session.update`; `mulaw`: it asks for that, both ways, and so it stays.
    pub fn updated(&mut self, mulaw: bool) -> String {
        self.mulaw |= mulaw;
        self.event("session.updated", SESSION)
    }

    /// An answer that begins by itself, instead of the first turn's.
    pub fn greet(&mut self) -> Vec<String> {
        self.step = ANSWER + 1;
        self.begin_answer()
    }

    /// Go one step on; so many chunks have been heard, which is the time of a session's input.
    pub fn step(&mut self, heard: u32) -> Due {
        let heard_ms = heard * STEP_MS;
        let step = self.step;
        self.step = (step + 1) % TURN_STEPS;
        match step {
            0 => Due::Events(self.end_answer()),
            SPEECH_STARTED => Due::Events(self.start_speech(heard_ms)),
            SPEECH_STOPPED => Due::Events(self.stop_speech(heard_ms)),
            ANSWER => Due::Events(self.begin_answer()),
            1..ANSWER => Due::Events(Vec::new()),
            _ if step.is_multiple_of(WORD_STEPS) => Due::AudioAndWord,
            _ => Due::Audio,
        }
    }

    /// Append the message of a chunk of audio, whose payload `payload` appends.
    pub fn audio(&mut self, out: &mut Vec<u8>, payload: impl FnOnce(&mut Vec<u8>)) {
        self.begin_delta(out, "response.output_audio.delta");
        payload(out);
        out.extend_from_slice(b"\"}");
    }

    /// Append the message of the next word of the transcript.
    pub fn word(&mut self, out: &mut Vec<u8>) {
        self.begin_delta(out, "response.output_audio_transcript.delta");
        out.extend_from_slice(WORD);
        // Writing to memory cannot fail.
        let _ = write!(out, "{:08}\",\"obfuscation\":\"x1Y2\"}}", self.words);
        self.words += 1;
    }

    /// How many words have been said.
    pub fn words(&self) -> u32 {
        self.words
    }

    fn begin_delta(&mut self, out: &mut Vec<u8>, kind: &str) {
        let (event, place) = (self.next_event(), self.place());
        let _ = write!(
            out,
            r#"{{"type":"{kind}","event_id":"{event}",{place},"delta":""#
        );
    }

    fn start_speech(&mut self, heard_ms: u32) -> Vec<String> {
        let user = self.user();
        let body = format!(r#""audio_start_ms":{heard_ms},"item_id":"{user}""#);
        vec![self.event("input_audio_buffer.speech_started", &body)]
    }

    fn stop_speech(&mut self, heard_ms: u32) -> Vec<String> {
        let user = self.user();
        let item = format!(
            r#""previous_item_id":null,"item":{{"id":"{user}","type":"message","status":"completed","role":"user","content":[{{"type":"input_audio","transcript":null}}]}}"#
        );
        let heard = format!(
            r#""item_id":"{user}","content_index":0,"transcript":"Hello.","usage":{{"type":"duration","seconds":2.6}}"#
        );
        vec![
            self.event(
                "input_audio_buffer.speech_stopped",
                &format!(r#""audio_end_ms":{heard_ms},"item_id":"{user}""#),
            ),
            self.event(
                "input_audio_buffer.committed",
                &format!(r#""previous_item_id":null,"item_id":"{user}""#),
            ),
            self.event("conversation.item.added", &item),
            self.event("conversation.item.done", &item),
            self.event(
                "conversation.item.input_audio_transcription.completed",
                &heard,
            ),
        ]
    }

    fn begin_answer(&mut self) -> Vec<String> {
        if self.turn == 0 {
            self.step += self.number * 37 % (TURN_STEPS - 2 * ANSWER);
        }
        let (response, answer, place) = (self.response(), self.answer(), self.place());
        let item = format!(
            r#""item":{{"id":"{answer}","type":"message","status":"in_progress","role":"assistant","content":[]}}"#
        );
        let user = self.user();
        let begun = response_object(&response, "in_progress", "", "null");
        vec![
            self.event("response.created", &begun),
            self.event(
                "response.output_item.added",
                &format!(r#""response_id":"{response}","output_index":0,{item}"#),
            ),
            self.event(
                "conversation.item.added",
                &format!(r#""previous_item_id":"{user}",{item}"#),
            ),
            self.event(
                "response.content_part.added",
                &format!(r#"{place},"part":{{"type":"audio","transcript":""}}"#),
            ),
        ]
    }

    fn end_answer(&mut self) -> Vec<String> {
        let (response, answer, place) = (self.response(), self.answer(), self.place());
        let body = format!(
            r#"{{"id":"{answer}","type":"message","status":"completed","role":"assistant","content":[{{"type":"output_audio","transcript":"Sure."}}]}}"#
        );
        let events = vec![
            self.event("response.output_audio.done", &place),
            self.event(
                "response.output_audio_transcript.done",
                &format!(r#"{place},"transcript":"Sure.""#),
            ),
            self.event(
                "response.content_part.done",
                &format!(r#"{place},"part":{{"type":"audio","transcript":"Sure."}}"#),
            ),
            self.event(
                "conversation.item.done",
                &format!(r#""previous_item_id":null,"item":{body}"#),
            ),
            self.event(
                "response.output_item.done",
                &format!(r#""response_id":"{response}","output_index":0,"item":{body}"#),
            ),
            self.event(
                "response.done",
                &response_object(&response, "completed", &body, USAGE),
            ),
            self.event(
                "rate_limits.updated",
                r#""rate_limits":[{"name":"tokens","limit":40000,"remaining":39000,"reset_seconds":1.5}]"#,
            ),
        ];
        self.turn += 1;
        events
    }

    fn event(&mut self, kind: &str, body: &str) -> String {
        let id = self.next_event();
        let event = format!(r#"{{"type":"{kind}","event_id":"{id}",{body}}}"#);
        if self.mulaw {
            return event.replace(PCM16, &format!(r#"{{"type":"{MULAW}"}}"#));
        }
        event
    }

    fn next_event(&mut self) -> String {
        self.events += 1;
        format!("event_{:010x}{:011x}", self.number, self.events)
    }

    fn place(&self) -> String {
        let (response, answer) = (self.response(), self.answer());
        format!(
            r#""response_id":"{response}","item_id":"{answer}","output_index":0,"content_index":0"#
        )
    }

    fn response(&self) -> String {
        format!("resp_{:010x}{:011x}", self.number, self.turn)
    }

    fn answer(&self) -> String {
        format!("item_{:010x}{:011x}", self.number, 2 * self.turn + 1)
    }

    fn user(&self) -> String {
        format!("item_{:010x}{:011x}", self.number, 2 * self.turn)
    }
}

fn response_object(id: &str, status: &str, output: &str, usage: &str) -> String {
    format!(
        concat!(
            r#""response":{{"object":"realtime.response","id":"{id}","status":"{status}","#,
            r#""status_details":null,"output":[{output}],"conversation_id":"conv_1","#,
            r#""output_modalities":["audio"],"max_output_tokens":"inf","audio":{{"output":"#,
            r#"{{"format":{{"type":"audio/pcm","rate":24000}},"voice":"alloy"}}}},"#,
            r#""usage":{usage},"metadata":null}}"#
        ),
        id = id,
        status = status,
        output = output,
        usage = usage
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_seconds_hold_a_turn_its_audio_and_its_words() {
        let mut script = Script::new(0);
        let steps: Vec<Due> = (0..TURN_STEPS).map(|_| script.step(0)).collect();
        let count = |wanted: &Due| steps.iter().filter(|due| *due == wanted).count();
        let events: usize = steps
            .iter()
            .map(|due| {
                if let Due::Events(events) = due {
                    events.len()
                } else {
                    0
                }
            })
            .sum();
        assert_eq!(count(&Due::AudioAndWord), 40);
        assert_eq!(count(&Due::Audio), 201);
        assert_eq!(events, 17);
    }

    #[test]
    fn a_turn_has_the_time_of_what_was_heard() {
        let mut script = Script::new(0);
        let mut said = (0..TURN_STEPS).map(|step| script.step(step));
        let stopped = said.nth((SPEECH_STOPPED - SPEECH_STARTED) as usize);
        let Some(Due::Events(events)) = stopped else {
            panic!("no events but {stopped:?}");
        };
        assert!(events[0].contains(r#""audio_end_ms":80,"#), "{}", events[0]);
    }

    #[test]
    fn sessions_have_their_second_turns_at_different_times() {
        let ends = |number| {
            let mut script = Script::new(number);
            (0..TURN_STEPS)
                .position(|_| matches!(script.step(0), Due::Events(all) if all.len() == 7))
        };
        assert_ne!(ends(1), ends(2));
    }
}
