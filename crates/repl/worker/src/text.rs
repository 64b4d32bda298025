//! Real Python `str` objects whose characters lie in the snapshot, so that a gigabyte costs milliseconds and no memory.
//!
//! The layout is CPython's own for a string whose data is separate from its header (PEP 393, Include/cpython/unicodeobject.h). Before its first
//! use it is compared with a string that CPython laid out itself. Where the two differ, texts are copied instead.

use pyo3::{exceptions::PyValueError, ffi, prelude::*, types::PyString};
use std::{os::fd::RawFd, ptr, slice, sync::OnceLock};

/// CPython 3.11's `PyUnicodeObject`.
#[repr(C)]
struct Header {
    object: ffi::PyObject,
    length: isize,
    hash: isize,
    state: u32,
    wstr: *mut u8,
    utf8_length: isize,
    utf8: *mut u8,
    wstr_length: isize,
    data: *mut u8,
}

/// `PyASCIIObject.state`: interned (2 bits), kind (3), compact (1), ascii (1), ready (1).
const READY: u32 = 1 << 7;
const ASCII: u32 = 1 << 6;
const KIND: u32 = 2;

/// The mapped snapshot.
struct Snapshot {
    start: *const u8,
    length: u64,
    zero_copy: bool,
}

// SAFETY: the map is read-only and lives as long as the process.
unsafe impl Send for Snapshot {}
unsafe impl Sync for Snapshot {}

static SNAPSHOT: OnceLock<Snapshot> = OnceLock::new();

/// Maps the snapshot read-only for the life of the process. `zero_copy` false: texts are copied.
pub fn map(py: Python<'_>, snapshot: RawFd, zero_copy: bool) -> std::io::Result<()> {
    // SAFETY: the descriptor was handed over by the parent; the kernel checks everything else.
    let (start, length) = unsafe {
        let mut stat: libc::stat = std::mem::zeroed();
        if libc::fstat(snapshot, &mut stat) != 0 {
            return Err(std::io::Error::last_os_error());
        }
        // With a writable descriptor, machine code could make the map writable.
        if libc::fcntl(snapshot, libc::F_GETFL) & libc::O_ACCMODE != libc::O_RDONLY {
            return Err(std::io::ErrorKind::PermissionDenied.into());
        }
        let length = stat.st_size as usize;
        if length == 0 {
            libc::close(snapshot);
            return Ok(());
        }
        let start = libc::mmap(ptr::null_mut(), length, libc::PROT_READ, libc::MAP_SHARED | libc::MAP_NORESERVE, snapshot, 0);
        if start == libc::MAP_FAILED {
            return Err(std::io::Error::last_os_error());
        }
        libc::close(snapshot);
        (start.cast_const().cast(), length as u64)
    };
    let zero_copy = zero_copy && layout_is_ours(py);
    let _ = SNAPSHOT.set(Snapshot { start, length, zero_copy });
    Ok(())
}

/// The text at `offset`: `chars` characters of `kind` bytes, then a NUL character.
#[pyfunction]
pub fn text(py: Python<'_>, offset: u64, chars: u64, kind: u8, ascii: bool) -> PyResult<Py<PyAny>> {
    let snapshot = SNAPSHOT.get().ok_or_else(|| PyValueError::new_err("there is no text here"))?;
    let bytes = chars.checked_mul(u64::from(kind)).and_then(|bytes| bytes.checked_add(u64::from(kind)));
    let end = bytes.and_then(|bytes| bytes.checked_add(offset));
    if !matches!(kind, 1 | 2 | 4) || !offset.is_multiple_of(u64::from(kind)) || end.is_none_or(|end| end > snapshot.length) {
        return Err(PyValueError::new_err("the text lies outside the snapshot"));
    }
    // SAFETY: the range was checked to lie in the map, which is read-only and never unmapped.
    unsafe {
        let data = snapshot.start.add(offset as usize);
        if chars == 0 || !snapshot.zero_copy {
            return Ok(Bound::from_owned_ptr_or_err(py, copied(data, chars as isize, kind, ascii))?.unbind());
        }
        Ok(Bound::from_owned_ptr(py, laid_out(data.cast_mut(), chars as isize, kind, ascii)).unbind())
    }
}

/// A `str` over characters that CPython does not own.
///
/// # Safety
/// `data` must hold `chars` characters of the smallest `kind` that fits them and a NUL character after, for the life of the process.
unsafe fn laid_out(data: *mut u8, chars: isize, kind: u8, ascii: bool) -> *mut ffi::PyObject {
    unsafe {
        // Leaked on purpose, with a reference count that never reaches zero: CPython would free `data`, which it does not own.
        let header = Box::into_raw(Box::new(std::mem::zeroed::<Header>()));
        let object = header.cast::<ffi::PyObject>();
        (*header).object.ob_type = ptr::addr_of_mut!(ffi::PyUnicode_Type);
        *object.cast::<isize>() = 1 << 29;
        (*header).length = chars;
        (*header).hash = -1;
        (*header).state = READY | (u32::from(kind) << KIND) | if ascii { ASCII } else { 0 };
        (*header).data = data;
        if ascii {
            (*header).utf8 = data;
            (*header).utf8_length = chars;
        }
        object
    }
}

/// A `str` with a copy of the characters.
unsafe fn copied(data: *const u8, chars: isize, kind: u8, ascii: bool) -> *mut ffi::PyObject {
    unsafe {
        if ascii && chars > 0 {
            return ffi::PyUnicode_DecodeASCII(data.cast(), chars, ptr::null());
        }
        ffi::PyUnicode_FromKindAndData(i32::from(kind), data.cast(), chars)
    }
}

/// Whether this CPython lays out strings as [`Header`] does. It must be version 3.11, and an instance of a subclass of `str`, which CPython
/// itself creates with separate data, must have each field where [`Header`] has it.
fn layout_is_ours(py: Python<'_>) -> bool {
    let version = py.version_info();
    if (version.major, version.minor) != (3, 11) {
        return false;
    }
    let Ok(sample) = py.eval(c"type('S', (str,), {})('plumb')", None, None) else { return false };
    // SAFETY: `sample` is a non-compact str, whose header has at least these fields in every CPython 3.11. The data pointer is
    // read only after the state shows that it is set.
    let same = unsafe {
        let header = &*sample.as_ptr().cast::<Header>();
        header.length == 5
            && header.state & !3 == (READY | ASCII | (1 << KIND))
            && header.utf8_length == 5
            && header.utf8 == header.data
            && slice::from_raw_parts(header.data, 6) == b"plumb\0"
    };
    same && probe(py).unwrap_or(false)
}

/// Whether a string laid out here behaves as CPython's own.
fn probe(py: Python<'_>) -> PyResult<bool> {
    let wide: &'static mut [u16] = Box::leak(Box::new(['p' as u16, 0x3b1, 0x4e2d, 0]));
    // SAFETY: the array is leaked, of the smallest kind for its characters, and ends with a NUL character.
    let ours = unsafe { Bound::from_owned_ptr(py, laid_out(wide.as_mut_ptr().cast(), 3, 2, false)) };
    let theirs = PyString::new(py, "pα中");
    Ok(ours.eq(&theirs)? && ours.hash()? == theirs.hash()? && ours.get_item(1)?.eq("α")? && ours.len()? == 3)
}
