//! Drawings of a page: everything but its text.

use super::{Page, Rect};
use std::{
    ffi::{c_ulong, c_void},
    mem::MaybeUninit,
};

/// pdfium's numbers for kinds of objects.
const PATH: i32 = 2;
const IMAGE: i32 = 3;
const SHADING: i32 = 4;
const FORM: i32 = 5;

/// Maximum depth of forms within forms.
const MAX_FORM_DEPTH: u32 = 4;

/// The drawings on a page.
#[derive(Default)]
pub struct Drawing {
    /// Bounds of lines and filled shapes.
    pub paths: Vec<Rect>,
    /// Bounds of images, including those in forms.
    pub images: Vec<Rect>,
    /// Number of forms: drawings that are stored apart and reused.
    pub forms: usize,
}

impl Page<'_> {
    /// The drawings among the first `max_objects` objects of the page.
    pub fn drawing(&self, max_objects: i32) -> Drawing {
        let (api, mut drawing) = (self.api, Drawing::default());
        // SAFETY: the page is open; its objects live as long as it.
        unsafe {
            for index in 0..api.FPDFPage_CountObjects(self.handle.cast()).min(max_objects) {
                let object: *mut c_void = api.FPDFPage_GetObject(self.handle.cast(), index).cast();
                match api.FPDFPageObj_GetType(object.cast()) {
                    PATH | SHADING => drawing.paths.push(self.bounds(object)),
                    IMAGE => drawing.images.push(self.bounds(object)),
                    FORM => {
                        drawing.forms += 1;
                        self.images_of_form(object, IDENTITY, MAX_FORM_DEPTH, &mut drawing.images);
                    }
                    _ => {}
                }
            }
        }
        drawing
    }

    /// The bounds of an object, in the coordinates of the page or form that holds it.
    ///
    /// # Safety
    /// The object is one of this page.
    pub(super) unsafe fn bounds(&self, object: *mut c_void) -> Rect {
        let mut rect = Rect::default();
        let (left, bottom) = (&raw mut rect.left, &raw mut rect.bottom);
        // SAFETY: as above; the out-parameters outlive the call.
        unsafe { self.api.FPDFPageObj_GetBounds(object.cast(), left, bottom, &raw mut rect.right, &raw mut rect.top) };
        rect
    }

    /// Adds the bounds of the images in a form. Programs that stamp a scan move the scan into a form.
    ///
    /// # Safety
    /// The object is a form of this page.
    unsafe fn images_of_form(&self, form: *mut c_void, outer: [f32; 6], depth: u32, images: &mut Vec<Rect>) {
        const MAX_OBJECTS: c_ulong = 2_000;
        let api = self.api;
        // SAFETY: as above; its objects live as long as it.
        unsafe {
            let mut own = MaybeUninit::zeroed();
            api.FPDFPageObj_GetMatrix(form.cast(), own.as_mut_ptr());
            let own = own.assume_init();
            let placed = product([own.a, own.b, own.c, own.d, own.e, own.f], outer);
            for index in 0..c_ulong::try_from(api.FPDFFormObj_CountObjects(form.cast())).unwrap_or(0).min(MAX_OBJECTS) {
                let object: *mut c_void = api.FPDFFormObj_GetObject(form.cast(), index).cast();
                match api.FPDFPageObj_GetType(object.cast()) {
                    IMAGE => images.push(self.bounds(object).transformed(placed)),
                    FORM if depth > 0 => self.images_of_form(object, placed, depth - 1, images),
                    _ => {}
                }
            }
        }
    }
}

impl Rect {
    /// The bounds of the rectangle after a transformation.
    fn transformed(self, [a, b, c, d, e, f]: [f32; 6]) -> Self {
        let corners = [[self.left, self.bottom], [self.right, self.bottom], [self.left, self.top], [self.right, self.top]];
        let (xs, ys) = (corners.map(|[x, y]| a * x + c * y + e), corners.map(|[x, y]| b * x + d * y + f));
        let least = |of: [f32; 4]| of.into_iter().fold(f32::INFINITY, f32::min);
        let most = |of: [f32; 4]| of.into_iter().fold(f32::NEG_INFINITY, f32::max);
        Rect { left: least(xs), bottom: least(ys), right: most(xs), top: most(ys) }
    }
}

/// The identity matrix.
const IDENTITY: [f32; 6] = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// The product of two matrices, in the notation of PDF: the first applies first.
fn product([a, b, c, d, e, f]: [f32; 6], [p, q, r, s, t, u]: [f32; 6]) -> [f32; 6] {
    [a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u]
}
