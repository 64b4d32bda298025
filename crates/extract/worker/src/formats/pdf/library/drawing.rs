//! What a page draws beside its text.

use super::{Page, Rect};
use std::{ffi::c_void, mem::MaybeUninit};

/// pdfium's numbers for what is drawn.
const PATH: i32 = 2;
const IMAGE: i32 = 3;
const SHADING: i32 = 4;
const FORM: i32 = 5;

/// Forms in forms are looked into this far.
const DEEPEST: u32 = 4;

/// What is drawn on a page beside its text.
#[derive(Default)]
pub struct Drawing {
    /// Rectangles around lines and filled shapes.
    pub paths: Vec<Rect>,
    /// Also those of forms.
    pub images: Vec<Rect>,
    /// Parts that are drawn from elsewhere.
    pub forms: usize,
}

impl Page<'_> {
    /// The rectangles of at most `most` things that are drawn.
    pub fn drawing(&self, most: i32) -> Drawing {
        let (api, mut drawing) = (self.api, Drawing::default());
        // SAFETY: the page is open; its objects live as long as it.
        unsafe {
            for index in 0..api.FPDFPage_CountObjects(self.handle.cast()).min(most) {
                let object: *mut c_void = api.FPDFPage_GetObject(self.handle.cast(), index).cast();
                match api.FPDFPageObj_GetType(object.cast()) {
                    PATH | SHADING => drawing.paths.push(self.bounds(object)),
                    IMAGE => drawing.images.push(self.bounds(object)),
                    FORM => {
                        drawing.forms += 1;
                        self.images_of_form(object, UNMOVED, DEEPEST, &mut drawing.images);
                    }
                    _ => {}
                }
            }
        }
        drawing
    }

    /// Where an object lies, in the space of the page or form that it belongs to.
    ///
    /// # Safety
    /// The object is one of this page.
    pub(super) unsafe fn bounds(&self, object: *mut c_void) -> Rect {
        let mut rect = Rect::default();
        let (left, bottom) = (&raw mut rect.left, &raw mut rect.bottom);
        // SAFETY: as above; what is written to outlives the call.
        unsafe { self.api.FPDFPageObj_GetBounds(object.cast(), left, bottom, &raw mut rect.right, &raw mut rect.top) };
        rect
    }

    /// Adds where a form draws images: programs that put a stamp on a scan move it into one.
    ///
    /// # Safety
    /// The object is a form of this page.
    unsafe fn images_of_form(&self, form: *mut c_void, outer: [f32; 6], deep: u32, images: &mut Vec<Rect>) {
        const MOST: u64 = 2_000;
        let api = self.api;
        // SAFETY: as above; its objects live as long as it.
        unsafe {
            let mut own = MaybeUninit::zeroed();
            api.FPDFPageObj_GetMatrix(form.cast(), own.as_mut_ptr());
            let own = own.assume_init();
            let placed = joined([own.a, own.b, own.c, own.d, own.e, own.f], outer);
            for index in 0..u64::try_from(api.FPDFFormObj_CountObjects(form.cast())).unwrap_or(0).min(MOST) {
                let object: *mut c_void = api.FPDFFormObj_GetObject(form.cast(), index).cast();
                match api.FPDFPageObj_GetType(object.cast()) {
                    IMAGE => images.push(self.bounds(object).moved(placed)),
                    FORM if deep > 0 => self.images_of_form(object, placed, deep - 1, images),
                    _ => {}
                }
            }
        }
    }
}

impl Rect {
    /// Around the rectangle that it is after this matrix.
    fn moved(self, [a, b, c, d, e, f]: [f32; 6]) -> Self {
        let corners = [[self.left, self.bottom], [self.right, self.bottom], [self.left, self.top], [self.right, self.top]];
        let (xs, ys) = (corners.map(|[x, y]| a * x + c * y + e), corners.map(|[x, y]| b * x + d * y + f));
        let least = |of: [f32; 4]| of.into_iter().fold(f32::INFINITY, f32::min);
        let most = |of: [f32; 4]| of.into_iter().fold(f32::NEG_INFINITY, f32::max);
        Rect { left: least(xs), bottom: least(ys), right: most(xs), top: most(ys) }
    }
}

/// The matrix that leaves all where it is.
const UNMOVED: [f32; 6] = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// One matrix after the other, as PDF writes them.
fn joined([a, b, c, d, e, f]: [f32; 6], [p, q, r, s, t, u]: [f32; 6]) -> [f32; 6] {
    [a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u]
}
