//! pdfium behind calls that cannot be used wrongly.

mod drawing;

pub use drawing::Drawing;

use pdfium_render::prelude::{Pdfium, PdfiumLibraryBindings};
use std::{
    collections::HashSet,
    ffi::c_void,
    mem::MaybeUninit,
    path::PathBuf,
    ptr::null_mut,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

type Api = &'static dyn PdfiumLibraryBindings;

const NAME: &str = "libpdfium.so";
/// pdfium's number for a field of its form that has a text.
const TEXT_FIELD: i32 = 6;
const CHECKBOX: i32 = 2;
const RADIO: i32 = 3;
const COMBO: i32 = 4;
const LIST: i32 = 5;

/// The upside-down question mark; also the code of the euro sign in TeX's fonts, which do not say so.
const UPSIDE_DOWN: u32 = 0xbf;

static LOADED: OnceLock<Result<Box<dyn PdfiumLibraryBindings>, String>> = OnceLock::new();
/// pdfium works for one thread at a time.
static TURN: Mutex<()> = Mutex::new(());

/// The library, for as long as this is held.
pub struct Library {
    api: Api,
    _turn: MutexGuard<'static, ()>,
}

/// Loads the library if it is not loaded yet. It lies beside this program; of tests one folder above.
pub fn load() -> Result<Library, String> {
    let loaded = LOADED.get_or_init(|| {
        let here = std::env::current_exe().map_err(|e| e.to_string())?;
        let mut folders = here.ancestors().skip(1).take(2);
        let path: PathBuf = folders
            .find_map(|folder| Some(folder.join(NAME)).filter(|path| path.is_file()))
            .ok_or_else(|| format!("{NAME}, which reads PDFs, is missing beside Plumb; install Plumb again"))?;
        keep_memory();
        let api = Pdfium::bind_to_library(path).map_err(|e| format!("{NAME}, which reads PDFs, cannot be loaded: {e}"))?;
        // SAFETY: once, before all other calls.
        unsafe { api.FPDF_InitLibrary() };
        Ok(api)
    });
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    loaded.as_ref().map(|api| Library { api: api.as_ref(), _turn: turn }).map_err(Clone::clone)
}

/// Memory that is free is kept for the next page: giving it back and asking for it again takes a fifth of the time.
fn keep_memory() {
    // SAFETY: plain calls; where one of them is refused it is only slower.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 2);
        libc::mallopt(libc::M_TRIM_THRESHOLD, 256 << 20);
        libc::mallopt(libc::M_TOP_PAD, 4 << 20);
        libc::mallopt(libc::M_MMAP_THRESHOLD, 16 << 20);
    }
}

/// Why a document was not opened.
pub enum Refused {
    Password,
    Damaged,
}

/// An open document. Handles are kept without their types, which pdfium-render does not name.
pub struct Document<'a> {
    api: Api,
    handle: *mut c_void,
    form: *mut c_void,
    /// What the form was opened with; pdfium keeps a pointer to it.
    _info: Box<[u64; 128]>,
    _bytes: std::marker::PhantomData<&'a [u8]>,
}

impl<'a> Document<'a> {
    pub fn open(library: &'a Library, bytes: &'a [u8]) -> Result<Self, Refused> {
        const ERROR_PASSWORD: u64 = 4;
        const ERROR_SECURITY: u64 = 5;
        let api = library.api;
        // SAFETY: the bytes and the turn outlive the document.
        let handle: *mut c_void = unsafe { api.FPDF_LoadMemDocument64(bytes, None).cast() };
        if handle.is_null() {
            // SAFETY: a plain call.
            let error = unsafe { api.FPDF_GetLastError() };
            return Err(if matches!(error, ERROR_PASSWORD | ERROR_SECURITY) { Refused::Password } else { Refused::Damaged });
        }
        // Version 2 of a structure that is otherwise empty: nobody is told of anything.
        let mut info = Box::new([0u64; 128]);
        info[0] = 2;
        // SAFETY: the document is open, and the structure, which is smaller than this, is kept as long.
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

    /// A page, from 0, if it can be read.
    pub fn page(&self, index: u32) -> Option<Page<'_>> {
        let index = i32::try_from(index).ok()?;
        // SAFETY: the document is open, and the page is closed before it.
        let handle: *mut c_void = unsafe { self.api.FPDF_LoadPage(self.handle.cast(), index).cast() };
        if handle.is_null() {
            return None;
        }
        let (api, form) = (self.api, self.form);
        // SAFETY: the page is open. A page without text has a text of no characters.
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

/// A rectangle in the page's own space, where up is more.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    pub left: f32,
    pub bottom: f32,
    pub right: f32,
    pub top: f32,
}

/// A character as pdfium gives it, in the page's own space.
pub struct Char {
    pub code: u32,
    /// Where the pen stood.
    pub origin: [f32; 2],
    /// From the pen to where the next one begins, or just around the ink.
    pub area: Rect,
    /// The direction in which the text runs, as a vector; its length is the scale.
    pub along: [f32; 2],
    /// Of the font, in the page's units.
    pub size: f32,
}

/// What stands in a field of a form or in a note.
pub struct Note {
    pub text: String,
    pub area: Rect,
    /// It is seen on the page where it stands; else it opens on a click.
    pub shown: bool,
}

impl Page<'_> {
    /// The visible part of the page, and how many quarters it is turned clockwise to be shown.
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

    /// The characters that the page draws, in that order, and spaces among them.
    pub fn chars(&self) -> Vec<Char> {
        let (api, text) = (self.api, self.text);
        if text.is_null() {
            return Vec::new();
        }
        // SAFETY: the text is open and the index is one of it; what is written to is empty and outlives the calls. Objects are only compared.
        unsafe {
            let count = api.FPDFText_CountChars(text.cast());
            let mut chars = Vec::with_capacity(usize::try_from(count).unwrap_or(0));
            // All characters of an object run in the same direction and have the same size.
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
                if code == UPSIDE_DOWN && api.FPDFText_HasUnicodeMapError(text.cast(), index) == 1 {
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

    /// Text that is drawn but not among the characters, since they were written for several pieces of it at once.
    pub fn silent(&self, most: i32) -> Vec<Rect> {
        const TEXT: i32 = 1;
        let api = self.api;
        // SAFETY: the text and the page are open; objects are only compared and measured.
        unsafe {
            let read: HashSet<*mut c_void> = (0..api.FPDFText_CountChars(self.text.cast()))
                .map(|index| api.FPDFText_GetTextObject(self.text.cast(), index).cast())
                .collect();
            let mut silent = Vec::new();
            for index in 0..api.FPDFPage_CountObjects(self.handle.cast()).min(most) {
                let object: *mut c_void = api.FPDFPage_GetObject(self.handle.cast(), index).cast();
                if api.FPDFPageObj_GetType(object.cast()) == TEXT && !read.contains(&object) {
                    silent.push(self.bounds(object));
                }
            }
            silent
        }
    }

    /// Filled fields and notes.
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
        // SAFETY: as above. Texts are asked for twice: how long they are, and what they are.
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

    /// Draws the page into rows of blue, green, red and nothing, white beneath.
    pub fn draw(&self, width: u32, height: u32) -> Option<Vec<u8>> {
        const BGRX: i32 = 3;
        const WITH_NOTES: i32 = 1;
        let (api, page) = (self.api, self.handle);
        let mut pixels = vec![0xff_u8; width as usize * height as usize * 4];
        let (wide, high) = (i32::try_from(width).ok()?, i32::try_from(height).ok()?);
        // SAFETY: the page is open, and the bitmap lies in `pixels`, which is as large as is said and outlives it.
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
