//! An event's string as an address. The twin of `ruler/patterns/addresses.py`: as strict as `inet_pton`.
//!
//! The parsers of `std::net` accept the same spellings; `spellings.rs` holds what Python says of some hundred odd ones.

use std::net::{Ipv4Addr, Ipv6Addr};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    V4(u32),
    V6(u128),
}

/// The longest spelling: `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255`.
const LONGEST: usize = 45;

/// The address that `text` spells, or None. IPv4-mapped IPv6 is IPv4.
pub fn parse_address(text: &[u8]) -> Option<Address> {
    // Turns away most strings that are no address at their first byte.
    if text.len() > LONGEST || !matches!(text.first()?, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' | b':') {
        return None;
    }
    let text = std::str::from_utf8(text).ok()?;
    if !text.contains(':') {
        return text.parse::<Ipv4Addr>().ok().map(|address| Address::V4(address.to_bits()));
    }
    let address = text.parse::<Ipv6Addr>().ok()?;
    Some(match address.to_ipv4_mapped() {
        Some(mapped) => Address::V4(mapped.to_bits()),
        None => Address::V6(address.to_bits()),
    })
}
