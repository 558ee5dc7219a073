//! Redirects. The platform reports them and follows none, so that headers, session id and body never leave the endpoint's origin.

use super::{Client, Output, Redirect, http_exchange::find, io::ExchangeId, transport_error::TransportError};
use crate::{
    Millis,
    wire::{DecodeError, http::Method, url},
};

/// How many redirects of one request are followed.
const MAX_REDIRECTS: u32 = 5;

impl Client {
    /// A request was redirected: follows within the origin, or ends the exchange.
    pub(super) fn redirected(&mut self, now: Millis, id: ExchangeId, redirect: Redirect<'_>) {
        match self.redirect_target(id, redirect) {
            Ok(Some(url)) => {
                // A page pays three requests for each redirect, so it sends the next ones to the target at once.
                if redirect.status.is_none() && redirect.from == self.config.endpoint {
                    self.redirect_target = Some(url.clone());
                }
                self.emit(Output::Follow { exchange: id, url });
            }
            Ok(None) => self.emit(Output::FindRedirect(id)),
            Err(problem) => self.end_exchange(now, id, &TransportError::Elsewhere(problem)),
        }
    }

    /// Where to send the request again; `None`: that is not known yet.
    fn redirect_target(&mut self, id: ExchangeId, redirect: Redirect<'_>) -> Result<Option<String>, DecodeError> {
        let Redirect { from, method, status, location } = redirect;
        let Some(location) = location else { return Ok(None) };
        let count = find(&mut self.exchanges, id).map(|exchange| {
            exchange.redirects += 1;
            exchange.redirects
        });
        let status_text = status.map_or_else(|| "a redirect".into(), |status| format!("the redirect {status}"));
        if count.is_none_or(|count| count > MAX_REDIRECTS) {
            return Err(DecodeError::new(&format!("{status_text}, after {MAX_REDIRECTS} others"), ""));
        }
        let (resolver, endpoint) = (self.config.resolve_url, &self.config.endpoint);
        let target = url::redirect_target(resolver, endpoint, from, location)?;
        let becomes_get =
            matches!((status, method), (Some(301 | 302), Method::Post) | (Some(303), Method::Post | Method::Delete));
        if becomes_get {
            let what = format!("{status_text}, which would make this {} a GET; it was not followed", method.as_str());
            return Err(DecodeError::new(&what, ""));
        }
        if target == from {
            return Err(DecodeError::new(
                "a redirect to the same address, or to another origin that a page cannot see; it was not followed",
                "",
            ));
        }
        Ok(Some(target))
    }
}
