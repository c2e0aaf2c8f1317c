//! The classes of `masks.rs` by the vector instructions of x86-64.
//!
//! Each function is compiled for the instructions it names, and can only be called, without `unsafe`, from one that is
//! compiled for them too. Loading is the one thing here that the compiler cannot prove.

use super::masks::{ExponentMasks, Masks, NumberMasks, BLOCK};
use std::arch::x86_64::*;

/// Low half of a byte -> the white space that ends in it; elsewhere a byte that does not end so.
const WHITE: [i8; 16] = [b' ' as i8, 0, 0, 0, 0, 0, 0, 0, 0, b'\t' as i8, b'\n' as i8, 0, 0, b'\r' as i8, 0, 0];

/// Each bit becomes the parity of the bits up to it: ones from an opening quote up to before its closing one.
#[inline]
#[target_feature(enable = "pclmulqdq")]
pub fn parity_up_to(bits: u64) -> u64 {
    _mm_cvtsi128_si64(_mm_clmulepi64_si128::<0>(_mm_set_epi64x(0, bits as i64), _mm_set1_epi8(-1))) as u64
}

pub mod avx512 {
    use super::*;

    pub type Bytes = __m512i;

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    pub fn load(block: &[u8; BLOCK]) -> Bytes {
        // SAFETY: a block is 64 bytes, and the load needs no alignment.
        unsafe { _mm512_loadu_si512(block.as_ptr().cast()) }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    pub fn load_rest(rest: &[u8]) -> Bytes {
        let there = u64::MAX.checked_shr(BLOCK as u32 - rest.len().min(BLOCK) as u32).unwrap_or(0);
        // SAFETY: only the bytes of `rest` are read; what the mask leaves out is not touched. Copying them into a block
        // first costs 9 ns an event: the wide load waits for the narrow stores.
        unsafe { _mm512_mask_loadu_epi8(_mm512_set1_epi8(b' ' as i8), there, rest.as_ptr().cast()) }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn equal(bytes: __m512i, byte: u8) -> u64 {
        _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte as i8))
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    pub fn masks(bytes: Bytes) -> Masks {
        // `{` and `[` differ in one bit, as do `}` and `]`.
        let folded = _mm512_or_si512(bytes, _mm512_set1_epi8(0x20));
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = WHITE;
        let white = _mm512_set4_epi32(
            i32::from_le_bytes([m as u8, n as u8, o as u8, p as u8]),
            i32::from_le_bytes([i as u8, j as u8, k as u8, l as u8]),
            i32::from_le_bytes([e as u8, f as u8, g as u8, h as u8]),
            i32::from_le_bytes([a as u8, b as u8, c as u8, d as u8]),
        );
        let opens = equal(folded, b'{');
        let closes = equal(folded, b'}');
        Masks {
            quotes: equal(bytes, b'"'),
            backslashes: equal(bytes, b'\\'),
            controls: _mm512_cmplt_epu8_mask(bytes, _mm512_set1_epi8(0x20)),
            white: _mm512_cmpeq_epi8_mask(_mm512_shuffle_epi8(white, bytes), bytes),
            opens,
            closes,
            commas: equal(bytes, b','),
            colons: equal(bytes, b':'),
            curly: _mm512_mask_test_epi8_mask(opens | closes, bytes, _mm512_set1_epi8(0x20)),
            is_ascii: _mm512_movepi8_mask(bytes) == 0,
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    pub fn numbers(bytes: Bytes) -> NumberMasks {
        let from_zero = _mm512_sub_epi8(bytes, _mm512_set1_epi8(b'0' as i8));
        NumberMasks {
            digits: _mm512_cmplt_epu8_mask(from_zero, _mm512_set1_epi8(10)),
            zeros: equal(bytes, b'0'),
            minuses: equal(bytes, b'-'),
            dots: equal(bytes, b'.'),
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    pub fn exponents(bytes: Bytes) -> ExponentMasks {
        ExponentMasks {
            exponents: equal(_mm512_or_si512(bytes, _mm512_set1_epi8(0x20)), b'e'),
            pluses: equal(bytes, b'+'),
        }
    }
}

pub mod avx2 {
    use super::*;

    pub type Bytes = [__m256i; 2];

    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn load_rest(rest: &[u8]) -> Bytes {
        load(&crate::event::masks::load_rest(rest))
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn load(block: &[u8; BLOCK]) -> Bytes {
        // SAFETY: a block is 64 bytes, twice what is loaded, and the loads need no alignment.
        unsafe { [_mm256_loadu_si256(block.as_ptr().cast()), _mm256_loadu_si256(block.as_ptr().add(32).cast())] }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn bits(halves: Bytes) -> u64 {
        let [low, high] = halves;
        u64::from(_mm256_movemask_epi8(low) as u32) | u64::from(_mm256_movemask_epi8(high) as u32) << 32
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn equal(bytes: Bytes, byte: u8) -> u64 {
        let wanted = _mm256_set1_epi8(byte as i8);
        bits([_mm256_cmpeq_epi8(bytes[0], wanted), _mm256_cmpeq_epi8(bytes[1], wanted)])
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn places_of(block: &[u8; BLOCK], byte: u8) -> u64 {
        equal(load(block), byte)
    }

    /// Which bytes are at most `most`, as unsigned numbers.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn at_most(bytes: Bytes, most: u8) -> u64 {
        let most = _mm256_set1_epi8(most as i8);
        bits([
            _mm256_cmpeq_epi8(_mm256_min_epu8(bytes[0], most), bytes[0]),
            _mm256_cmpeq_epi8(_mm256_min_epu8(bytes[1], most), bytes[1]),
        ])
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn lower(bytes: Bytes) -> Bytes {
        let bit = _mm256_set1_epi8(0x20);
        [_mm256_or_si256(bytes[0], bit), _mm256_or_si256(bytes[1], bit)]
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn white(bytes: Bytes) -> u64 {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = WHITE;
        let table = _mm256_broadcastsi128_si256(_mm_setr_epi8(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p));
        bits([
            _mm256_cmpeq_epi8(_mm256_shuffle_epi8(table, bytes[0]), bytes[0]),
            _mm256_cmpeq_epi8(_mm256_shuffle_epi8(table, bytes[1]), bytes[1]),
        ])
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn masks(bytes: Bytes) -> Masks {
        let folded = lower(bytes);
        let (opens, closes) = (equal(folded, b'{'), equal(folded, b'}'));
        // Bit 5 of each byte, moved to where movemask looks.
        let bit_five = bits([_mm256_slli_epi16::<2>(bytes[0]), _mm256_slli_epi16::<2>(bytes[1])]);
        Masks {
            quotes: equal(bytes, b'"'),
            backslashes: equal(bytes, b'\\'),
            controls: at_most(bytes, 0x1f),
            white: white(bytes),
            opens,
            closes,
            commas: equal(bytes, b','),
            colons: equal(bytes, b':'),
            curly: (opens | closes) & bit_five,
            is_ascii: bits(bytes) == 0,
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn numbers(bytes: Bytes) -> NumberMasks {
        let zero = _mm256_set1_epi8(b'0' as i8);
        NumberMasks {
            digits: at_most([_mm256_sub_epi8(bytes[0], zero), _mm256_sub_epi8(bytes[1], zero)], 9),
            zeros: equal(bytes, b'0'),
            minuses: equal(bytes, b'-'),
            dots: equal(bytes, b'.'),
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn exponents(bytes: Bytes) -> ExponentMasks {
        ExponentMasks { exponents: equal(lower(bytes), b'e'), pluses: equal(bytes, b'+') }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::masks;

    #[target_feature(enable = "avx2")]
    fn by_avx2(block: &[u8; BLOCK]) -> (Masks, NumberMasks, ExponentMasks) {
        {
            let bytes = avx2::load(block);
            (avx2::masks(bytes), avx2::numbers(bytes), avx2::exponents(bytes))
        }
    }

    #[target_feature(enable = "avx512f,avx512bw")]
    fn by_avx512(block: &[u8; BLOCK]) -> (Masks, NumberMasks, ExponentMasks) {
        {
            let bytes = avx512::load(block);
            (avx512::masks(bytes), avx512::numbers(bytes), avx512::exponents(bytes))
        }
    }

    #[test]
    fn every_way_of_classifying_agrees_on_every_byte_at_every_place() {
        for first in 0..=255u8 {
            let block: [u8; BLOCK] = std::array::from_fn(|index| first.wrapping_mul(7).wrapping_add(index as u8));
            let expected = (masks::masks(block), masks::numbers(block), masks::exponents(block));
            if is_x86_feature_detected!("avx2") {
                // SAFETY: the instructions were just found to be there.
                assert_eq!(expected, unsafe { by_avx2(&block) });
            }
            if is_x86_feature_detected!("avx512bw") {
                // SAFETY: the instructions were just found to be there.
                assert_eq!(expected, unsafe { by_avx512(&block) });
            }
        }
    }

    #[target_feature(enable = "avx512f,avx512bw")]
    fn rest_by_avx512(rest: &[u8]) -> Masks {
        avx512::masks(avx512::load_rest(rest))
    }

    #[test]
    fn what_is_left_of_a_text_has_spaces_after_it() {
        let text: Vec<u8> = b"{\"a\": [1, 2]}\\\n".iter().copied().cycle().take(BLOCK).collect();
        for length in 0..BLOCK {
            let rest = text[..length].to_vec().into_boxed_slice();
            if is_x86_feature_detected!("avx512bw") {
                // SAFETY: the instructions were just found to be there.
                assert_eq!(masks::masks(masks::load_rest(&rest)), unsafe { rest_by_avx512(&rest) }, "{length}");
            }
        }
    }

    #[test]
    fn parity_is_that_of_the_bits_up_to_each() {
        if is_x86_feature_detected!("pclmulqdq") {
            for bits in [0, 1, 1 << 63, 0b1001_0110, u64::MAX, 0x1234_5678_9abc_def0] {
                // SAFETY: the instruction was just found to be there.
                assert_eq!(masks::parity_up_to(bits), unsafe { parity_up_to(bits) });
            }
        }
    }
}
