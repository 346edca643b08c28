//! How the face reaches its splice: one caller at a time, each call contained.

use super::splice::Splice;
use super::units::moment;
use crate::reactor::seat::Shared;
use crate::splice::contain::{Contained, Panicked};
use crate::splice::splice;
use crate::splice::time::Ticks;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use std::sync::{Arc, MutexGuard, PoisonError};

pyo3::create_exception!(
    rtproxy._audio_core,
    SpliceError,
    PyException,
    "A panic inside the core, contained: the session must end with 1011."
);

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("SpliceError", module.py().get_type::<SpliceError>())
}

impl Splice {
    /// The splice itself, for a driver that touches it without Python.
    pub fn share(&self) -> Shared {
        Arc::clone(&self.0)
    }

    pub(super) fn contained(&self) -> MutexGuard<'_, Contained> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn run<T>(&self, work: impl FnOnce(&mut splice::Splice) -> T) -> PyResult<T> {
        self.contained()
            .run(work)
            .map_err(|Panicked(words)| SpliceError::new_err(words))
    }

    pub(super) fn at<T>(
        &self,
        now: f64,
        work: impl FnOnce(&mut splice::Splice, Ticks) -> T,
    ) -> PyResult<T> {
        let now = moment(now)?;
        self.run(|splice| work(splice, now))
    }
}
