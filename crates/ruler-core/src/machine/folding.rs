//! Case folding. ASCII only for now.

pub fn fold<'a>(text: &'a [u8], buffer: &'a mut Vec<u8>) -> &'a [u8] {
    if !text.iter().any(u8::is_ascii_uppercase) {
        return text;
    }
    buffer.clear();
    buffer.extend(text.iter().map(u8::to_ascii_lowercase));
    buffer
}
