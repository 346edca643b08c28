//! The two enumerations of the module: real `enum.Enum` classes, so that they
//! compare, print and match like any other of Python.

use crate::splice::inbox::DeliveryKind;
use crate::splice::leg;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

static SIDE: PyOnceLock<[Py<PyAny>; 2]> = PyOnceLock::new();
static MESSAGE_KIND: PyOnceLock<[Py<PyAny>; 4]> = PyOnceLock::new();

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let side = [("CLIENT", "client"), ("UPSTREAM", "upstream")];
    let kinds = [
        ("HOLD", "hold"),
        ("COPY", "copy"),
        ("MARK", "mark"),
        ("CLOSED", "closed"),
    ];
    let py = module.py();
    let members = define(module, "Side", "Which end of the session.", &side)?;
    SIDE.get_or_init(py, || members);
    let members = define(
        module,
        "MessageKind",
        "What a delivery to Python is.",
        &kinds,
    )?;
    MESSAGE_KIND.get_or_init(py, || members);
    Ok(())
}

fn define<const N: usize>(
    module: &Bound<'_, PyModule>,
    name: &str,
    doc: &str,
    members: &[(&str, &str); N],
) -> PyResult<[Py<PyAny>; N]> {
    let py = module.py();
    let made = py
        .import("enum")?
        .getattr("Enum")?
        .call1((name, members.to_vec()))?;
    made.setattr("__module__", module.name()?)?;
    made.setattr("__doc__", doc)?;
    module.add(name, &made)?;
    let mut found = Vec::with_capacity(N);
    for (member, _) in members {
        found.push(made.getattr(*member)?.unbind());
    }
    found
        .try_into()
        .map_err(|_| PyTypeError::new_err("an enumeration lost a member"))
}

/// A member of `Side`, as an argument.
#[derive(Clone, Copy)]
pub struct Side(pub leg::Side);

impl<'a, 'py> FromPyObject<'a, 'py> for Side {
    type Error = PyErr;

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if let Some([client, upstream]) = SIDE.get(value.py()) {
            if value.is(client) {
                return Ok(Self(leg::Side::Client));
            }
            if value.is(upstream) {
                return Ok(Self(leg::Side::Upstream));
            }
        }
        Err(PyTypeError::new_err(
            "a side is Side.CLIENT or Side.UPSTREAM",
        ))
    }
}

/// The member of `MessageKind` for a delivery.
pub fn message_kind(py: Python<'_>, kind: DeliveryKind) -> PyResult<Py<PyAny>> {
    let members = MESSAGE_KIND.get(py);
    let [hold, copy, mark, closed] =
        members.ok_or_else(|| PyTypeError::new_err("the module is not initialised"))?;
    let member = match kind {
        DeliveryKind::Hold => hold,
        DeliveryKind::Copy => copy,
        DeliveryKind::Mark => mark,
        DeliveryKind::Closed => closed,
    };
    Ok(member.clone_ref(py))
}
