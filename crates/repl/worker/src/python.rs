//! Starts CPython, loads what a sealed process can no longer load, and runs cells.

use crate::{output, parent, search, stdlib, text};
use pyo3::{
    exceptions::{PyKeyboardInterrupt, PyMemoryError},
    ffi,
    prelude::*,
    types::{PyBytes, PyDict, PyList, PyModule},
};
use serde_json::{Value, json};
use std::{ffi::CString, sync::Mutex};

/// What nearly every cell uses, and what must be loaded while it still can be.
const PRELOAD: &str = "ast bisect collections concurrent.futures.thread csv datetime decimal difflib fractions functools hashlib heapq html io itertools \
    json linecache math operator random re statistics string struct textwrap threading time traceback typing unicodedata zlib";

/// Memory that is let go when Python has none left, so that the error can be told.
static BALLAST: Mutex<Option<Vec<u8>>> = Mutex::new(None);
const BALLAST_BYTES: usize = 8 << 20;

fn ballast() -> std::sync::MutexGuard<'static, Option<Vec<u8>>> {
    BALLAST.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[pyfunction]
fn release_ballast() {
    *ballast() = None;
}

#[pyfunction]
fn restore_ballast() {
    let mut kept = ballast();
    let mut fresh = Vec::new();
    if kept.is_none() && fresh.try_reserve_exact(BALLAST_BYTES).is_ok() {
        fresh.resize(BALLAST_BYTES, 1);
        *kept = Some(fresh);
    }
}

/// Starts the interpreter: isolated from the user's environment, with the same order of hashes everywhere, so that a replay sees the same.
pub fn initialize() {
    stdlib::install();
    // SAFETY: called once, before any other use of Python, on the main thread.
    unsafe {
        let mut config: ffi::PyConfig = std::mem::zeroed();
        ffi::PyConfig_InitIsolatedConfig(&mut config);
        config.site_import = 0;
        config.write_bytecode = 0;
        config.install_signal_handlers = 1;
        config.user_site_directory = 0;
        config.configure_c_stdio = 0;
        config.pathconfig_warnings = 0;
        config.use_hash_seed = 1;
        config.hash_seed = 0;
        // No folder to search: everything comes from the program itself.
        config.module_search_paths_set = 1;
        let status = ffi::Py_InitializeFromConfig(&config);
        if ffi::PyStatus_Exception(status) != 0 {
            ffi::Py_ExitStatusException(status);
        }
        ffi::PyConfig_Clear(&mut config);
        ffi::PyEval_SaveThread();
    }
}

/// The interpreter of one node.
pub struct Interpreter {
    session: Py<PyAny>,
    /// What code breaks by accident and each cell finds whole.
    kept: Kept,
}

struct Kept {
    builtins: Py<PyDict>,
    output: Py<output::Output>,
    finders: Py<PyList>,
}

impl Kept {
    fn new(py: Python<'_>) -> PyResult<Self> {
        let sys = py.import("sys")?;
        Ok(Kept {
            builtins: py.import("builtins")?.dict().copy()?.unbind(),
            output: Py::new(py, output::Output)?,
            finders: PyList::new(py, sys.getattr("meta_path")?.try_iter()?.collect::<PyResult<Vec<_>>>()?)?.unbind(),
        })
    }

    /// Puts back output, builtins, imports and the interrupt.
    fn restore(&self, py: Python<'_>) -> PyResult<()> {
        py.import("builtins")?.dict().update(self.builtins.bind(py).as_mapping())?;
        let sys = py.import("sys")?;
        for name in ["stdout", "stderr", "__stdout__", "__stderr__"] {
            sys.setattr(name, &self.output)?;
        }
        sys.setattr("meta_path", self.finders.bind(py).get_slice(0, usize::MAX))?;
        sys.call_method1("settrace", (py.None(),))?;
        sys.call_method1("setprofile", (py.None(),))?;
        let signal = py.import("signal")?;
        signal.call_method1("signal", (libc::SIGINT, signal.getattr("default_int_handler")?))?;
        Ok(())
    }
}

/// Loads all that must be there before sealing.
pub fn load(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    let loader = PyModule::from_code(py, &c_string(include_str!("extensions.py"))?, c"extensions.py", c"plumb_extensions")?;
    let carried: Vec<_> = stdlib::EXTENSIONS.iter().map(|(name, library)| (*name, PyBytes::new(py, library))).collect();
    loader.getattr("load")?.call1((carried,))?;
    for name in PRELOAD.split_whitespace() {
        py.import(name)?;
    }
    // pyo3 makes its exception type at its first error; were that one an out-of-memory, it would wait for itself for ever.
    if let Err(first) = py.run(c"raise MemoryError", None, None) {
        let _ = (first.to_string(), first.is_instance_of::<PyMemoryError>(py), first.is_instance_of::<PyKeyboardInterrupt>(py));
    }
    restore_ballast();

    let native = PyModule::new(py, "native")?;
    native.add_function(wrap_pyfunction!(parent::call, &native)?)?;
    native.add_function(wrap_pyfunction!(text::text, &native)?)?;
    native.add_function(wrap_pyfunction!(search::grep, &native)?)?;
    native.add_function(wrap_pyfunction!(search::lines, &native)?)?;
    native.add_function(wrap_pyfunction!(release_ballast, &native)?)?;
    native.add_function(wrap_pyfunction!(restore_ballast, &native)?)?;

    let prelude = PyModule::new(py, "plumb_prelude")?;
    prelude.setattr("native", native)?;
    prelude.setattr("__builtins__", py.import("builtins")?)?;
    py.run(&c_string(include_str!("prelude.py"))?, Some(&prelude.dict()), None)?;

    // SAFETY: reads the time zone file while files can be read.
    unsafe { tzset() };
    Ok(prelude)
}

unsafe extern "C" {
    fn tzset();
}

fn c_string(source: &str) -> PyResult<CString> {
    Ok(CString::new(source)?)
}

impl Interpreter {
    /// The session of a node that starts with `start` (see `frames` in the handle's crate).
    pub fn new(py: Python<'_>, prelude: &Bound<'_, PyModule>, start: &Value) -> PyResult<Self> {
        let start = py.import("json")?.call_method1("loads", (start.to_string(),))?;
        let session = prelude.getattr("Session")?.call1((start.cast::<PyDict>()?,))?.unbind();
        let kept = Kept::new(py)?;
        kept.restore(py)?;
        Ok(Interpreter { session, kept })
    }

    /// Runs one cell and describes how it ended.
    pub fn run(&self, py: Python<'_>, code: &str, output_chars: usize) -> Value {
        // What cannot be put back shows when the worker is tried after the cell.
        let _ = self.kept.restore(py);
        output::begin(output_chars);
        let session = self.session.bind(py);
        let returned = session.call_method1("run", (code,)).and_then(|error| error.extract::<Option<String>>());
        let error = match returned {
            Ok(error) => error,
            // The interrupt came while the session was already on its way out.
            Err(error) => Some(error.to_string()),
        };
        let answer = session.call_method0("declared").and_then(|answer| answer.extract::<Option<String>>()).unwrap_or(None);
        let interrupted = error.as_deref().is_some_and(|error| error.contains("KeyboardInterrupt"));
        let (output, omitted) = output::end();
        json!({
            "output": output,
            "omitted_chars": omitted,
            "ending": if interrupted { "interrupted" } else if error.is_some() { "raised" } else { "done" },
            "error": error,
            "answer": answer,
        })
    }

    /// Whether code still runs as it is written, whatever the last cell did to the interpreter: the smallest cell says what it must.
    pub fn is_sound(&self, py: Python<'_>) -> bool {
        let tried = self.kept.restore(py).and_then(|()| {
            output::begin(1000);
            self.session.bind(py).call_method1("run", ("1 + 1",))
        });
        let (said, _) = output::end();
        tried.is_ok_and(|error| error.is_none()) && said.contains("2\n")
    }
}
