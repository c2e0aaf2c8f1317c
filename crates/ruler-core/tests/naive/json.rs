//! A strict reader: serde_json's, with the limits of the semantics.

use ruler_core::number::Number;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// A value of an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Text(String),
    Number(Number),
    Literal(Option<bool>),
    Array(Vec<Json>),
    /// As they stand in the text, duplicates too.
    Object(Vec<(String, Json)>),
}

pub const MAX_DEPTH: usize = 1024;

/// The event that `bytes` are; None when they are none.
pub fn parse(bytes: &[u8]) -> Option<Json> {
    if is_too_deep(bytes) {
        return None; // before serde_json, which recurses
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    deserializer.disable_recursion_limit();
    let event = Json::deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    matches!(event, Json::Object(_)).then_some(event)
}

/// Whether brackets outside of strings nest too deep; of what is no JSON anyway it does not matter what this says.
fn is_too_deep(bytes: &[u8]) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return true;
        }
    }
    false
}

impl Json {
    pub fn is_container(&self) -> bool {
        matches!(self, Json::Array(_) | Json::Object(_))
    }

    /// Whether two members of one object have the same name, at any depth.
    pub fn has_duplicates(&self) -> bool {
        match self {
            Json::Array(items) => items.iter().any(Json::has_duplicates),
            Json::Object(members) => {
                let mut names: Vec<&String> = members.iter().map(|(name, _)| name).collect();
                names.sort();
                names.windows(2).any(|pair| pair[0] == pair[1])
                    || members.iter().any(|(_, member)| member.has_duplicates())
            }
            _ => false,
        }
    }

    /// The same without what a later member of the same name replaces.
    pub fn last_members(&self) -> Json {
        match self {
            Json::Array(items) => Json::Array(items.iter().map(Json::last_members).collect()),
            Json::Object(members) => {
                let is_last = |index: usize| members[index + 1..].iter().all(|(name, _)| *name != members[index].0);
                let last = (0..members.len()).filter(|&index| is_last(index)).map(|index| &members[index]);
                Json::Object(last.map(|(name, member)| (name.clone(), member.last_members())).collect())
            }
            scalar => scalar.clone(),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Literal(Some(value)))
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Literal(None))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(Number::from_i64(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(Number::from_u64(value)))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Json, E> {
        if value.is_finite() {
            Ok(Json::Number(Number::from_f64(value)))
        } else {
            Err(E::custom("too large"))
        }
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element()? {
            array.push(item);
        }
        Ok(Json::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut object = Vec::new();
        while let Some(member) = members.next_entry()? {
            object.push(member);
        }
        Ok(Json::Object(object))
    }
}
