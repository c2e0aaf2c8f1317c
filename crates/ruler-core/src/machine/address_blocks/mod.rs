//! Finds all stored CIDR blocks that contain an address. The twin of `ruler/machine/address_blocks.py`.
//!
//! One hash table of leading bits; a search asks it once for each mask length in use: at most 33 times for an IPv4
//! address and 129 times for an IPv6 address, however many blocks are stored.

mod address;
#[cfg(test)]
mod spellings;
#[cfg(test)]
mod tests;

use crate::machine::shrink::shrink_table;
use crate::model::Cidr;
use address::{parse_address, Address};
use hashbrown::hash_table::{Entry, HashTable};
use hashbrown::DefaultHashBuilder;
use std::hash::BuildHasher;

#[derive(Debug, Default)]
pub struct AddressBlockIndex {
    version_4: Blocks<u32>,
    version_6: Blocks<u128>,
}

impl AddressBlockIndex {
    /// How many blocks are stored.
    pub fn len(&self) -> usize {
        self.version_4.table.len() + self.version_6.table.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Store `id` under `block`, which must not be stored yet.
    pub fn add(&mut self, block: &Cidr, id: u32) {
        match block.version {
            4 => self.version_4.add(block.network as u32, block.bits, id),
            _ => self.version_6.add(block.network, block.bits, id),
        }
    }

    /// Forget `block`.
    pub fn remove(&mut self, block: &Cidr) {
        match block.version {
            4 => self.version_4.remove(block.network as u32, block.bits),
            _ => self.version_6.remove(block.network, block.bits),
        }
    }

    /// Appends the ids of the blocks that contain the address `text` spells, widest first; none when it spells none.
    pub fn find(&self, text: &[u8], found: &mut Vec<u32>) {
        match parse_address(text) {
            Some(Address::V4(address)) => self.version_4.find(|bits| masked_4(address, bits), found),
            Some(Address::V6(address)) => self.version_6.find(|bits| masked_6(address, bits), found),
            None => {}
        }
    }

    /// Bytes held.
    pub fn memory_bytes(&self) -> usize {
        self.version_4.memory_bytes() + self.version_6.memory_bytes()
    }
}

/// The blocks of one version.
#[derive(Debug, Default)]
struct Blocks<Network> {
    table: HashTable<Block<Network>>,
    hasher: DefaultHashBuilder,
    lengths: Vec<(u8, u32)>, // mask lengths in use, ascending, and how many blocks have each
}

#[derive(Debug)]
struct Block<Network> {
    network: Network,
    bits: u8,
    id: u32,
}

impl<Network: Copy + Eq + std::hash::Hash> Blocks<Network> {
    fn add(&mut self, network: Network, bits: u8, id: u32) {
        let hasher = &self.hasher;
        let hash = hasher.hash_one((network, bits));
        let is_it = |block: &Block<Network>| block.network == network && block.bits == bits;
        match self.table.entry(hash, is_it, |block| hasher.hash_one((block.network, block.bits))) {
            Entry::Occupied(mut entry) => entry.get_mut().id = id,
            Entry::Vacant(entry) => {
                entry.insert(Block { network, bits, id });
                match self.lengths.binary_search_by_key(&bits, |&(length, _)| length) {
                    Ok(place) => self.lengths[place].1 += 1,
                    Err(place) => self.lengths.insert(place, (bits, 1)),
                }
            }
        }
    }

    fn remove(&mut self, network: Network, bits: u8) {
        let hasher = &self.hasher;
        let hash = hasher.hash_one((network, bits));
        let Ok(entry) = self.table.find_entry(hash, |block| block.network == network && block.bits == bits) else {
            return;
        };
        entry.remove();
        shrink_table(&mut self.table, |block| hasher.hash_one((block.network, block.bits)));
        if let Ok(place) = self.lengths.binary_search_by_key(&bits, |&(length, _)| length) {
            self.lengths[place].1 -= 1;
            if self.lengths[place].1 == 0 {
                self.lengths.remove(place);
            }
        }
        if self.lengths.is_empty() {
            self.lengths = Vec::new();
        }
    }

    fn find(&self, masked: impl Fn(u8) -> Network, found: &mut Vec<u32>) {
        for &(bits, _) in &self.lengths {
            let network = masked(bits);
            let hash = self.hasher.hash_one((network, bits));
            let block = self.table.find(hash, |block| block.network == network && block.bits == bits);
            found.extend(block.map(|block| block.id));
        }
    }

    fn memory_bytes(&self) -> usize {
        self.table.allocation_size() + self.lengths.capacity() * size_of::<(u8, u32)>()
    }
}

/// The first `bits` bits of `address`, the others zero.
fn masked_4(address: u32, bits: u8) -> u32 {
    address & u32::MAX.checked_shl(32 - u32::from(bits.min(32))).unwrap_or(0)
}

fn masked_6(address: u128, bits: u8) -> u128 {
    address & u128::MAX.checked_shl(128 - u32::from(bits.min(128))).unwrap_or(0)
}
