//! The arguments of a tool that are repeated in headers, so that what stands before a server need not read bodies
//! (2026-07-28, Streamable HTTP: "Custom Headers from Tool Parameters").

use super::{
    DecodeError, headers,
    json::{self, Json},
    response::read_any,
};

/// An argument that is repeated in a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderParam {
    /// The header's name behind the prefix.
    pub header: String,
    /// The names that lead to the argument.
    path: Vec<String>,
}

const ANNOTATION: &str = "x-mcp-header";

impl HeaderParam {
    /// The argument as it stands in a header; `None`: it is not there.
    pub(super) fn value(&self, arguments: &str) -> Option<String> {
        let mut value = Json::check(arguments).ok()?;
        for name in &self.path {
            value = json::entries(value).into_iter().rev().find(|(key, _)| key == name)?.1;
        }
        match json::text(Some(value)) {
            Some(text) => Some(text.into_owned()),
            None if value.get().starts_with(['{', '[', 'n']) => None,
            None => Some(value.get().into()),
        }
    }
}

/// The annotations of a tool's input schema. `Err`: one of them breaks a rule, or there are more than `max`, so the tool must not
/// be called.
pub(super) fn read_header_params(schema: Option<Json<'_>>, max: usize) -> Result<Vec<HeaderParam>, DecodeError> {
    let mut found = Found { header_params: Vec::new(), max };
    if let Some(schema) = schema {
        walk(schema, Some(&mut Vec::new()), &mut found)?;
    }
    Ok(found.header_params)
}

/// The annotations found so far, each compared with all others: their number is limited.
struct Found {
    header_params: Vec<HeaderParam>,
    max: usize,
}

/// One schema; `path` leads to it through nothing but `properties`, `None` where it does not. How deep it may go is limited
/// by the check that every text has passed.
fn walk(schema: Json<'_>, mut path: Option<&mut Vec<String>>, found: &mut Found) -> Result<(), DecodeError> {
    for (keyword, value) in json::entries(schema) {
        match (keyword.as_ref(), path.as_deref_mut()) {
            // What is data, and not a schema.
            ("default" | "examples" | "const" | "enum", _) => {}
            (ANNOTATION, path) => {
                let header_param = check(schema, value, path, &found.header_params)?;
                found.header_params.push(header_param);
                if found.header_params.len() > found.max {
                    let what = format!("more arguments with x-mcp-header than maxHeaderParams ({})", found.max);
                    return Err(DecodeError::new(&what, ""));
                }
            }
            ("properties", Some(path)) => {
                for (name, property) in json::entries(value) {
                    path.push(name.into_owned());
                    walk(property, Some(path), found)?;
                    path.pop();
                }
            }
            _ => {
                for part in json::elements(value).unwrap_or_else(|| vec![value]) {
                    walk(part, None, found)?;
                }
            }
        }
    }
    Ok(())
}

fn check(
    schema: Json<'_>,
    value: Json<'_>,
    path: Option<&mut Vec<String>>,
    found: &[HeaderParam],
) -> Result<HeaderParam, DecodeError> {
    let header = json::text(Some(value)).unwrap_or_default();
    let [kind] = read_any(Some(schema), &["type"]);
    let path = path.map(|path| path.clone()).unwrap_or_default();
    let why = if path.is_empty() {
        "x-mcp-header on what is no argument"
    } else if !matches!(json::text(kind).as_deref(), Some("string" | "integer" | "boolean")) {
        "x-mcp-header on what is neither text nor a whole number nor a truth value"
    } else if !headers::is_token(&header) {
        "x-mcp-header that names no header"
    } else if found.iter().any(|other| other.header.eq_ignore_ascii_case(&header)) {
        "x-mcp-header that is there twice"
    } else {
        return Ok(HeaderParam { header: header.into_owned(), path });
    };
    Err(DecodeError::new(why, &header))
}
