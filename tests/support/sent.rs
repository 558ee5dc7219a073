//! One request, as the test reads it.

use mcp_tasks::Millis;
use mcp_tasks::client::{ExchangeId, Fetch};
use mcp_tasks::wire::http::Method;
use serde_json::Value;

/// One request the engine made.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) at: Millis,
    pub(crate) exchange: ExchangeId,
    pub(crate) http: Method,
    /// The JSON-RPC method; `GET` or `DELETE`; `response` for an answer to the server.
    pub(crate) method: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Value,
    pub(crate) keepalive: bool,
    pub(crate) url: String,
}

impl Sent {
    pub(crate) fn new(at: Millis, fetch: Fetch) -> Self {
        let body: Value = fetch.body.map_or(Value::Null, |b| serde_json::from_str(&b).unwrap());
        let method = match fetch.method {
            Method::Post => body["method"].as_str().unwrap_or("response").to_owned(),
            other => other.as_str().to_owned(),
        };
        let Fetch { exchange, method: http, headers, keepalive, url, .. } = fetch;
        let headers = headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { at, exchange, http, method, headers, body, keepalive, url }
    }

    pub(crate) fn id(&self) -> &Value {
        &self.body["id"]
    }

    /// A parameter of the request.
    pub(crate) fn param(&self, name: &str) -> &Value {
        &self.body["params"][name]
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut mine = self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
        let value = mine.next().map(|(_, v)| v.as_str());
        assert!(mine.next().is_none(), "{name} is sent twice");
        value
    }

    pub(crate) fn is(&self, method: &str) -> bool {
        self.method == method
    }

    pub(crate) fn is_http(&self, method: Method) -> bool {
        self.http == method
    }
}
