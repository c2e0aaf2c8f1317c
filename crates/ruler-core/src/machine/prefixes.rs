//! Stored prefixes and suffixes of a value. A plain list for now.

#[derive(Default)]
pub struct PrefixIndex {
    texts: Vec<(Box<[u8]>, u32)>,
}

impl PrefixIndex {
    pub fn add(&mut self, text: &[u8], id: u32) {
        self.texts.push((text.into(), id));
    }
    pub fn remove(&mut self, text: &[u8]) {
        self.texts.retain(|(stored, _)| **stored != *text);
        self.texts.shrink_to_fit();
    }
    pub fn find(&self, value: &[u8], found: &mut Vec<u32>) {
        found.extend(self.texts.iter().filter(|(text, _)| value.starts_with(text)).map(|(_, id)| id));
    }
    pub fn len(&self) -> usize {
        self.texts.len()
    }
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
    pub fn memory_bytes(&self) -> usize {
        self.texts.capacity() * 24
    }
}

#[derive(Default)]
pub struct SuffixIndex {
    texts: Vec<(Box<[u8]>, u32)>,
}

impl SuffixIndex {
    pub fn add(&mut self, text: &[u8], id: u32) {
        self.texts.push((text.into(), id));
    }
    pub fn remove(&mut self, text: &[u8]) {
        self.texts.retain(|(stored, _)| **stored != *text);
        self.texts.shrink_to_fit();
    }
    pub fn find(&self, value: &[u8], found: &mut Vec<u32>) {
        found.extend(self.texts.iter().filter(|(text, _)| value.ends_with(text)).map(|(_, id)| id));
    }
    pub fn len(&self) -> usize {
        self.texts.len()
    }
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
    pub fn memory_bytes(&self) -> usize {
        self.texts.capacity() * 24
    }
}
