//! URLs are parsed and resolved by the platform.

use crate::wire::url::ResolvedUrl;
use web_sys::Url;

/// `new URL(reference, base)`; `None` where that throws.
pub(super) fn resolve(base: &str, reference: &str) -> Option<ResolvedUrl> {
    let url = Url::new_with_base(reference, base).ok()?;
    Some(ResolvedUrl { href: url.href(), origin: url.origin() })
}
