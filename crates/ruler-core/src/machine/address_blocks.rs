//! Stored blocks of addresses that contain an address. A plain list of IPv4 blocks for now.

use crate::model::Cidr;

#[derive(Default)]
pub struct AddressBlockIndex {
    stored: Vec<(Cidr, u32)>,
}

impl AddressBlockIndex {
    pub fn add(&mut self, block: &Cidr, id: u32) {
        self.stored.push((*block, id));
    }
    pub fn remove(&mut self, block: &Cidr) {
        self.stored.retain(|(stored, _)| stored != block);
        self.stored.shrink_to_fit();
    }
    pub fn find(&self, text: &[u8], found: &mut Vec<u32>) {
        let Some(address) =
            std::str::from_utf8(text).ok().and_then(|text| text.parse::<std::net::Ipv4Addr>().ok()).map(u32::from)
        else {
            return;
        };
        found.extend(
            self.stored
                .iter()
                .filter(|(block, _)| {
                    block.version == 4
                        && u64::from(address) >> (32 - block.bits) == (block.network as u64) >> (32 - block.bits)
                })
                .map(|(_, id)| id),
        );
    }
    pub fn len(&self) -> usize {
        self.stored.len()
    }
    pub fn is_empty(&self) -> bool {
        self.stored.is_empty()
    }
    pub fn memory_bytes(&self) -> usize {
        self.stored.capacity() * size_of::<(Cidr, u32)>()
    }
}
