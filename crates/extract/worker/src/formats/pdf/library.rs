//! A safe interface to pdfium.

mod drawing;

pub use drawing::Drawing;

use pdfium_render::prelude::{Pdfium, PdfiumLibraryBindings};
use std::{
    collections::HashSet,
    ffi::{c_ulong, c_void},
    mem::MaybeUninit,
    path::PathBuf,
    ptr::null_mut,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

type Api = &'static dyn PdfiumLibraryBindings;

const LIBRARY_FILE: &str = "libpdfium.so";
/// pdfium's numbers for kinds of form fields.
const TEXT_FIELD: i32 = 6;
const CHECKBOX: i32 = 2;
const RADIO: i32 = 3;
const COMBO: i32 = 4;
const LIST: i32 = 5;

/// The inverted question mark. TeX's fonts use the same code for the euro sign, without a mapping to Unicode.
const INVERTED_QUESTION_MARK: u32 = 0xbf;

static LOADED: OnceLock<Result<Box<dyn PdfiumLibraryBindings>, String>> = OnceLock::new();
/// pdfium allows one thread at a time.
static LOCK: Mutex<()> = Mutex::new(());

/// Exclusive access to pdfium.
pub struct Library {
    api: Api,
    _guard: MutexGuard<'static, ()>,
}

/// Loads pdfium if it is not loaded yet. It lies in the folder of this program or, for tests, one folder up.
pub fn load() -> Result<Library, String> {
    let loaded = LOADED.get_or_init(|| {
        let here = std::env::current_exe().map_err(|e| e.to_string())?;
        let mut folders = here.ancestors().skip(1).take(2);
        let path: PathBuf = folders
            .find_map(|folder| Some(folder.join(LIBRARY_FILE)).filter(|path| path.is_file()))
            .ok_or_else(|| format!("{LIBRARY_FILE}, which reads PDFs, is missing; install Plumb again"))?;
        let api =
            Pdfium::bind_to_library(path).map_err(|e| format!("{LIBRARY_FILE}, which reads PDFs, cannot be loaded: {e}"))?;
        // SAFETY: called once, before all other calls.
        unsafe { api.FPDF_InitLibrary() };
        Ok(api)
    });
    let guard = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    loaded.as_ref().map(|api| Library { api: api.as_ref(), _guard: guard }).map_err(Clone::clone)
}

/// The reason why pdfium did not open a document.
pub enum Refused {
    Password,
    Damaged,
}

/// An open document. Handles are untyped, because pdfium-render does not export their types.
pub struct Document<'a> {
    api: Api,
    handle: *mut c_void,
    form: *mut c_void,
    /// The structure that opened the form; pdfium keeps a pointer to it.
    _info: Box<[u64; 128]>,
    _bytes: std::marker::PhantomData<&'a [u8]>,
}

impl<'a> Document<'a> {
    pub fn open(library: &'a Library, bytes: &'a [u8]) -> Result<Self, Refused> {
        const ERROR_PASSWORD: c_ulong = 4;
        const ERROR_SECURITY: c_ulong = 5;
        let api = library.api;
        // SAFETY: the bytes and the library outlive the document.
        let handle: *mut c_void = unsafe { api.FPDF_LoadMemDocument64(bytes, None).cast() };
        if handle.is_null() {
            // SAFETY: a plain call.
            let error = unsafe { api.FPDF_GetLastError() };
            return Err(if matches!(error, ERROR_PASSWORD | ERROR_SECURITY) { Refused::Password } else { Refused::Damaged });
        }
        // Version 2 of a structure that is otherwise empty: no callbacks.
        let mut info = Box::new([0u64; 128]);
        info[0] = 2;
        // SAFETY: the document is open; the buffer is larger than the structure and lives as long as the document.
        let form = unsafe {
            if api.FPDF_GetFormType(handle.cast()) == 0 {
                null_mut()
            } else {
                api.FPDFDOC_InitFormFillEnvironment(handle.cast(), info.as_mut_ptr().cast()).cast()
            }
        };
        Ok(Self { api, handle, form, _info: info, _bytes: std::marker::PhantomData })
    }

    pub fn pages(&self) -> u32 {
        // SAFETY: the document is open.
        u32::try_from(unsafe { self.api.FPDF_GetPageCount(self.handle.cast()) }).unwrap_or(0)
    }

    /// Opens a page, counted from 0. `None`: it cannot be read.
    pub fn page(&self, index: u32) -> Option<Page<'_>> {
        let index = i32::try_from(index).ok()?;
        // SAFETY: the document is open, and the page is closed before the document.
        let handle: *mut c_void = unsafe { self.api.FPDF_LoadPage(self.handle.cast(), index).cast() };
        if handle.is_null() {
            return None;
        }
        let (api, form) = (self.api, self.form);
        // SAFETY: the page is open. A page without text has an empty text.
        let text: *mut c_void = unsafe {
            if !form.is_null() {
                api.FORM_OnAfterLoadPage(handle.cast(), form.cast());
            }
            api.FPDFText_LoadPage(handle.cast()).cast()
        };
        Some(Page { api, handle, text, form, _document: std::marker::PhantomData })
    }
}

impl Drop for Document<'_> {
    fn drop(&mut self) {
        // SAFETY: opened by `open`; its pages are closed.
        unsafe {
            if !self.form.is_null() {
                self.api.FPDFDOC_ExitFormFillEnvironment(self.form.cast());
            }
            self.api.FPDF_CloseDocument(self.handle.cast());
        }
    }
}

/// An open page.
pub struct Page<'a> {
    api: Api,
    handle: *mut c_void,
    text: *mut c_void,
    form: *mut c_void,
    _document: std::marker::PhantomData<&'a ()>,
}

impl Drop for Page<'_> {
    fn drop(&mut self) {
        // SAFETY: opened by `Document::page`.
        unsafe {
            if !self.text.is_null() {
                self.api.FPDFText_ClosePage(self.text.cast());
            }
            if !self.form.is_null() {
                self.api.FORM_OnBeforeClosePage(self.handle.cast(), self.form.cast());
            }
            self.api.FPDF_ClosePage(self.handle.cast());
        }
    }
}

/// A rectangle in the page's own coordinates, whose y axis points up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    pub left: f32,
    pub bottom: f32,
    pub right: f32,
    pub top: f32,
}

/// A character as pdfium reports it, in the page's own coordinates.
pub struct Char {
    pub code: u32,
    /// The position of the pen.
    pub origin: [f32; 2],
    /// The area from the pen to the start of the next character, or only around the ink.
    pub area: Rect,
    /// The direction of the text as a vector; its length is the scale.
    pub along: [f32; 2],
    /// The font size, in the page's units.
    pub size: f32,
}

/// The text of a form field or of a note.
pub struct Note {
    pub text: String,
    pub area: Rect,
    /// The page shows it in place; otherwise it opens on a click.
    pub shown: bool,
}

impl Page<'_> {
    /// The visible part of the page, and its clockwise rotation in quarter turns.
    pub fn area(&self) -> (Rect, u32) {
        let mut area = MaybeUninit::zeroed();
        // SAFETY: the page is open, and an empty rectangle is a valid one.
        unsafe {
            self.api.FPDF_GetPageBoundingBox(self.handle.cast(), area.as_mut_ptr());
            let area = area.assume_init();
            let rect = Rect { left: area.left, bottom: area.bottom, right: area.right, top: area.top };
            (rect, self.api.FPDFPage_GetRotation(self.handle.cast()).rem_euclid(4) as u32)
        }
    }

    /// The characters of the page in drawing order, with spaces among them.
    pub fn chars(&self) -> Vec<Char> {
        let (api, text) = (self.api, self.text);
        if text.is_null() {
            return Vec::new();
        }
        // SAFETY: the text is open and the index is in range; the out-parameters outlive the calls. Objects are only compared.
        unsafe {
            let count = api.FPDFText_CountChars(text.cast());
            let mut chars = Vec::with_capacity(usize::try_from(count).unwrap_or(0));
            // All characters of an object share a direction and a size.
            let (mut last, mut along, mut size) = (null_mut(), [0.0; 2], 0.0);
            for index in 0..count {
                let object: *mut c_void = api.FPDFText_GetTextObject(text.cast(), index).cast();
                if object != last || object.is_null() {
                    let mut matrix = MaybeUninit::zeroed();
                    api.FPDFText_GetMatrix(text.cast(), index, matrix.as_mut_ptr());
                    let matrix = matrix.assume_init();
                    let scale = if matrix.c == 0.0 { matrix.d.abs() } else { matrix.c.hypot(matrix.d) };
                    along = [matrix.a, matrix.b];
                    size = scale * api.FPDFText_GetFontSize(text.cast(), index) as f32;
                    last = object;
                }
                let mut code = api.FPDFText_GetUnicode(text.cast(), index);
                if code == INVERTED_QUESTION_MARK && api.FPDFText_HasUnicodeMapError(text.cast(), index) == 1 {
                    code = '€'.into();
                }
                let mut area = MaybeUninit::zeroed();
                api.FPDFText_GetLooseCharBox(text.cast(), index, area.as_mut_ptr());
                let area = area.assume_init();
                let (mut x, mut y) = (0.0, 0.0);
                api.FPDFText_GetCharOrigin(text.cast(), index, &raw mut x, &raw mut y);
                let area = Rect { left: area.left, bottom: area.bottom, right: area.right, top: area.top };
                chars.push(Char { code, origin: [x as f32, y as f32], area, along, size });
            }
            chars
        }
    }

    /// Bounds of text objects without characters of their own: pdfium credits those to another object. Inspects at most `max_objects`.
    pub fn unreported(&self, max_objects: i32) -> Vec<Rect> {
        const TEXT: i32 = 1;
        let api = self.api;
        // SAFETY: the text and the page are open; objects are only compared and measured.
        unsafe {
            let read: HashSet<*mut c_void> = (0..api.FPDFText_CountChars(self.text.cast()))
                .map(|index| api.FPDFText_GetTextObject(self.text.cast(), index).cast())
                .collect();
            let mut unreported = Vec::new();
            for index in 0..api.FPDFPage_CountObjects(self.handle.cast()).min(max_objects) {
                let object: *mut c_void = api.FPDFPage_GetObject(self.handle.cast(), index).cast();
                if api.FPDFPageObj_GetType(object.cast()) == TEXT && !read.contains(&object) {
                    unreported.push(self.bounds(object));
                }
            }
            unreported
        }
    }

    /// Filled form fields and notes.
    pub fn notes(&self) -> Vec<Note> {
        let api = self.api;
        // SAFETY: the page is open; each note is closed after use.
        unsafe {
            let count = api.FPDFPage_GetAnnotCount(self.handle.cast()).clamp(0, 10_000);
            (0..count)
                .filter_map(|index| {
                    let note: *mut c_void = api.FPDFPage_GetAnnot(self.handle.cast(), index).cast();
                    let read = if note.is_null() { None } else { self.note(note) };
                    api.FPDFPage_CloseAnnot(note.cast());
                    read
                })
                .collect()
        }
    }

    /// # Safety
    /// The note is open.
    unsafe fn note(&self, note: *mut c_void) -> Option<Note> {
        const HIDDEN: i32 = 2;
        const FREE_TEXT: i32 = 3;
        const LINK: i32 = 2;
        const POPUP: i32 = 16;
        const WIDGET: i32 = 20;
        let api = self.api;
        // SAFETY: as above. Each text is requested twice: for its length, and for its content.
        unsafe {
            let kind = api.FPDFAnnot_GetSubtype(note.cast());
            if kind == LINK || kind == POPUP || api.FPDFAnnot_GetFlags(note.cast()) & HIDDEN != 0 {
                return None;
            }
            let string = |read: &dyn Fn(*mut u16, u32) -> u32| {
                let bytes = read(null_mut(), 0).min(2 << 20);
                let mut text = vec![0u16; bytes as usize / 2];
                let written = read(text.as_mut_ptr(), bytes) as usize / 2;
                String::from_utf16_lossy(&text[..written.min(text.len())]).trim_end_matches('\0').trim().to_owned()
            };
            let text = if kind != WIDGET {
                string(&|to, room| api.FPDFAnnot_GetStringValue(note.cast(), "Contents", to, room.into()) as u32)
            } else if self.form.is_null() {
                return None;
            } else {
                match api.FPDFAnnot_GetFormFieldType(self.form.cast(), note.cast()) {
                    TEXT_FIELD | COMBO | LIST => {
                        string(&|to, room| api.FPDFAnnot_GetFormFieldValue(self.form.cast(), note.cast(), to, room.into()) as u32)
                    }
                    CHECKBOX | RADIO if api.FPDFAnnot_IsChecked(self.form.cast(), note.cast()) == 1 => "[x]".to_owned(),
                    CHECKBOX | RADIO => "[ ]".to_owned(),
                    _ => return None,
                }
            };
            let mut area = MaybeUninit::zeroed();
            api.FPDFAnnot_GetRect(note.cast(), area.as_mut_ptr());
            let area = area.assume_init();
            let area = Rect { left: area.left, bottom: area.bottom, right: area.right, top: area.top };
            Some(Note { text, area, shown: kind == WIDGET || kind == FREE_TEXT }).filter(|note| !note.text.is_empty())
        }
    }

    /// Draws the page on white, as rows of BGRX pixels.
    pub fn draw(&self, width: u32, height: u32) -> Option<Vec<u8>> {
        const BGRX: i32 = 3;
        const WITH_NOTES: i32 = 1;
        let (api, page) = (self.api, self.handle);
        let mut pixels = vec![0xff_u8; width as usize * height as usize * 4];
        let (wide, high) = (i32::try_from(width).ok()?, i32::try_from(height).ok()?);
        // SAFETY: the page is open, and the bitmap lies in `pixels`, which has the stated size and outlives it.
        unsafe {
            let bitmap: *mut c_void =
                api.FPDFBitmap_CreateEx(wide, high, BGRX, pixels.as_mut_ptr().cast(), wide.checked_mul(4)?).cast();
            if bitmap.is_null() {
                return None;
            }
            api.FPDF_RenderPageBitmap(bitmap.cast(), page.cast(), 0, 0, wide, high, 0, WITH_NOTES);
            if !self.form.is_null() {
                api.FPDF_FFLDraw(self.form.cast(), bitmap.cast(), page.cast(), 0, 0, wide, high, 0, WITH_NOTES);
            }
            api.FPDFBitmap_Destroy(bitmap.cast());
        }
        Some(pixels)
    }
}
