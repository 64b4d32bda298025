//! Starts CPython, loads the modules that a sealed process could no longer load, and runs cells.

use crate::{output, parent, search, stdlib, text};
use parking_lot::Mutex;
use plumb_python_protocol::{CellEnding, CellOutcome, Start};
use pyo3::{
    exceptions::{PyKeyboardInterrupt, PyMemoryError},
    ffi,
    prelude::*,
    types::{PyBytes, PyDict, PyList, PyModule},
};
use std::ffi::CString;

/// Modules that nearly every cell uses, or that cannot be loaded after sealing.
const PRELOAD: &str = "ast bisect collections concurrent.futures.thread csv datetime decimal difflib fractions functools hashlib heapq html io itertools \
    json linecache math operator random re statistics string struct textwrap threading time traceback typing unicodedata zlib";

/// Memory to release when Python has none left, so that it can report the error.
static BALLAST: Mutex<Option<Vec<u8>>> = Mutex::new(None);
const BALLAST_BYTES: usize = 8 << 20;

#[pyfunction]
fn release_ballast() {
    *BALLAST.lock() = None;
}

#[pyfunction]
fn restore_ballast() {
    let mut kept = BALLAST.lock();
    let mut fresh = Vec::new();
    if kept.is_none() && fresh.try_reserve_exact(BALLAST_BYTES).is_ok() {
        fresh.resize(BALLAST_BYTES, 1);
        *kept = Some(fresh);
    }
}

/// Starts the interpreter: isolated from the user's environment, and with a fixed hash seed, so that a replay sees the same order.
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
        // Modules come from the program itself, so there is no folder to search.
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
    /// State that code can break by accident, restored for each cell.
    saved: Saved,
}

struct Saved {
    builtins: Py<PyDict>,
    output: Py<output::Output>,
    finders: Py<PyList>,
}

impl Saved {
    fn new(py: Python<'_>) -> PyResult<Self> {
        let sys = py.import("sys")?;
        Ok(Saved {
            builtins: py.import("builtins")?.dict().copy()?.unbind(),
            output: Py::new(py, output::Output)?,
            finders: PyList::new(py, sys.getattr("meta_path")?.try_iter()?.collect::<PyResult<Vec<_>>>()?)?.unbind(),
        })
    }

    /// Restores output, builtins, imports and the interrupt handler.
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

/// Loads everything that must be in memory before sealing, and returns the prelude.
pub fn load(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    let loader = PyModule::from_code(py, &c_string(include_str!("extensions.py"))?, c"extensions.py", c"plumb_extensions")?;
    let carried: Vec<_> = stdlib::EXTENSIONS.iter().map(|(name, library)| (*name, PyBytes::new(py, library))).collect();
    loader.getattr("load")?.call1((carried,))?;
    for name in PRELOAD.split_whitespace() {
        py.import(name)?;
    }
    // pyo3 creates its exception type at the first error. Were that error an out-of-memory, pyo3 would deadlock.
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
    for source in [include_str!("../../../../prompts/repl.py"), include_str!("prelude.py")] {
        py.run(&c_string(source)?, Some(&prelude.dict()), None)?;
    }

    // SAFETY: a plain call, which reads the time zone file before the seal forbids that.
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
    /// A session with the `context` and the seed of `start`.
    pub fn new(py: Python<'_>, prelude: &Bound<'_, PyModule>, start: &Start<'_>) -> PyResult<Self> {
        let context = py.import("json")?.call_method1("loads", (start.context.to_string(),))?;
        let session = prelude.getattr("Session")?.call1((context, start.seed))?.unbind();
        let saved = Saved::new(py)?;
        saved.restore(py)?;
        Ok(Interpreter { session, saved })
    }

    /// Runs one cell and describes how it ended.
    pub fn run(&self, py: Python<'_>, code: &str, output_chars: usize) -> CellOutcome {
        // `is_sound` finds after the cell if something could not be restored.
        let _ = self.saved.restore(py);
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
        let (output, omitted_chars) = output::end();
        let ending = match &error {
            Some(_) if interrupted => CellEnding::Interrupted,
            Some(_) => CellEnding::Raised,
            None => CellEnding::Done,
        };
        CellOutcome { output, omitted_chars, error, ending, answer }
    }

    /// Runs the smallest cell, and returns whether it still prints what it must, whatever the last cell did to the interpreter.
    pub fn is_sound(&self, py: Python<'_>) -> bool {
        let tried = self.saved.restore(py).and_then(|()| {
            output::begin(1000);
            self.session.bind(py).call_method1("run", ("1 + 1",))
        });
        let (said, _) = output::end();
        tried.is_ok_and(|error| error.is_none()) && said.contains("2\n")
    }
}
