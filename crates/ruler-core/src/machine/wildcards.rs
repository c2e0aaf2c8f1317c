//! Stored wildcards that a value matches. A plain list for now.

#[derive(Default)]
pub struct WildcardIndex {
    stored: Vec<(Box<[Box<[u8]>]>, u32)>,
}

#[derive(Default)]
pub struct WildcardScratch {}

impl WildcardIndex {
    pub fn add(&mut self, pieces: &[Box<[u8]>], id: u32) {
        self.stored.push((pieces.into(), id));
    }
    pub fn remove(&mut self, _pieces: &[Box<[u8]>], id: u32) {
        self.stored.retain(|(_, stored)| *stored != id);
        self.stored.shrink_to_fit();
    }
    pub fn find(&self, value: &[u8], _scratch: &mut WildcardScratch, found: &mut Vec<u32>) {
        found.extend(self.stored.iter().filter(|(pieces, _)| accepts(pieces, value)).map(|(_, id)| id));
    }
    pub fn len(&self) -> usize {
        self.stored.len()
    }
    pub fn is_empty(&self) -> bool {
        self.stored.is_empty()
    }
    pub fn memory_bytes(&self) -> usize {
        self.stored.capacity() * 24
    }
}

fn accepts(pieces: &[Box<[u8]>], value: &[u8]) -> bool {
    let (first, last) = (&pieces[0], &pieces[pieces.len() - 1]);
    if value.len() < first.len() + last.len() || !value.starts_with(first) || !value.ends_with(last) {
        return false;
    }
    let mut rest = &value[first.len()..value.len() - last.len()];
    for piece in &pieces[1..pieces.len() - 1] {
        match (0..=rest.len()).find(|&at| rest[at..].starts_with(piece)) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    true
}
