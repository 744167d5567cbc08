//! Something for each comparison of the interpreter. They are numbered from zero, so no table need be hashed.

/// A table by the numbers of sites.
#[derive(Debug, Default)]
pub(super) struct BySite<T>(Vec<T>);

impl<T: Default> BySite<T> {
    /// What there is for a site, if there was ever anything.
    pub(super) fn get(&self, site: u32) -> Option<&T> {
        self.0.get(usize::try_from(site).ok()?)
    }

    /// What there is for a site, to be changed.
    pub(super) fn slot(&mut self, site: u32) -> Option<&mut T> {
        let site = usize::try_from(site).ok()?;
        if self.0.len() <= site {
            self.0.resize_with(site.checked_add(1)?, T::default);
        }
        self.0.get_mut(site)
    }
}
