//! Stored numeric ranges that contain a number. A plain list for now.

use crate::model::NumericRange;
use crate::number::Number;

#[derive(Default)]
pub struct NumericRangeIndex {
    stored: Vec<(NumericRange, u32)>,
}

impl NumericRangeIndex {
    pub fn add(&mut self, range: &NumericRange, id: u32) {
        self.stored.push((*range, id));
    }
    pub fn remove(&mut self, _range: &NumericRange, id: u32) {
        self.stored.retain(|(_, stored)| *stored != id);
        self.stored.shrink_to_fit();
    }
    pub fn find(&self, number: Number, at_most: usize, found: &mut Vec<u32>) -> bool {
        let before = found.len();
        found.extend(self.stored.iter().filter(|(range, _)| contains(range, number)).map(|(_, id)| id));
        if found.len() - before > at_most {
            found.truncate(before);
            return false;
        }
        true
    }
    pub fn len(&self) -> usize {
        self.stored.len()
    }
    pub fn is_empty(&self) -> bool {
        self.stored.is_empty()
    }
    pub fn memory_bytes(&self) -> usize {
        self.stored.capacity() * size_of::<(NumericRange, u32)>()
    }
}

pub fn contains(range: &NumericRange, number: Number) -> bool {
    range.low.is_none_or(|low| if low.is_open { number > low.number } else { number >= low.number })
        && range.high.is_none_or(|high| if high.is_open { number < high.number } else { number <= high.number })
}
