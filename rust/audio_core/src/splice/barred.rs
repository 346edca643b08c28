//! Responses whose audio does not enter the lane to the client.

/// Why audio of a response is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bar {
    /// It was cut: what still comes of it is counted as dropped.
    Shut,
    /// It is out-of-band: it was never meant for the lane.
    Excluded,
}

/// Response ids, each with its bar; a handful at most.
#[derive(Debug, Default)]
pub struct BarredResponses(Vec<(Box<str>, Bar)>);

impl BarredResponses {
    /// Refuse what comes of it from now on; an exclusion stays one.
    pub fn bar(&mut self, response_id: &str, bar: Bar) {
        if self.find(response_id.as_bytes()).is_none() {
            self.0.push((response_id.into(), bar));
        }
    }

    /// Admit it again.
    pub fn lift(&mut self, response_id: &str) {
        self.0.retain(|(barred, _)| **barred != *response_id);
    }

    /// Admit all again.
    pub fn lift_all(&mut self) {
        self.0.clear();
    }

    /// The bar of a response, if it has one.
    pub fn find(&self, response_id: &[u8]) -> Option<Bar> {
        let barred = self.0.iter().find(|(id, _)| id.as_bytes() == response_id);
        barred.map(|&(_, bar)| bar)
    }
}
