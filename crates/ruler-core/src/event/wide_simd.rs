//! `wide.rs` by the vector instructions of x86-64.
//!
//! Why here is `unsafe`: with eight blocks an instruction, checking an event takes half the time of one block at a time
//! (`docs/performance.md`). That an operation may be used rests on the type: only `zero` makes a value out of nothing,
//! and whoever calls it answers for the processor.

use super::wide::{first_block, Wide, BLOCK, ROW};
use std::arch::x86_64::*;
use std::ops::{BitAnd, BitOr, BitOrAssign, BitXor, Not};

/// Eight blocks: AVX-512 F, BW, VBMI and VBMI2, and GFNI.
#[derive(Clone, Copy, Debug)]
pub struct Avx512(__m512i);

/// Four blocks: AVX2.
#[derive(Clone, Copy, Debug)]
pub struct Avx2(__m256i);

/// Defines an operator by one instruction.
macro_rules! define_operator {
    ($type:ident, $operator:ident, $method:ident, $instruction:ident) => {
        impl $operator for $type {
            type Output = $type;

            #[inline(always)]
            fn $method(self, other: $type) -> $type {
                // SAFETY: a value exists, so the processor has its instructions.
                $type(unsafe { $instruction(self.0, other.0) })
            }
        }
    };
}

define_operator!(Avx512, BitAnd, bitand, _mm512_and_si512);
define_operator!(Avx512, BitOr, bitor, _mm512_or_si512);
define_operator!(Avx512, BitXor, bitxor, _mm512_xor_si512);
define_operator!(Avx2, BitAnd, bitand, _mm256_and_si256);
define_operator!(Avx2, BitOr, bitor, _mm256_or_si256);
define_operator!(Avx2, BitXor, bitxor, _mm256_xor_si256);

impl BitOrAssign for Avx512 {
    #[inline(always)]
    fn bitor_assign(&mut self, other: Avx512) {
        *self = *self | other;
    }
}

impl BitOrAssign for Avx2 {
    #[inline(always)]
    fn bitor_assign(&mut self, other: Avx2) {
        *self = *self | other;
    }
}

impl Not for Avx512 {
    type Output = Avx512;

    #[inline(always)]
    fn not(self) -> Avx512 {
        // SAFETY: a value exists, so the processor has its instructions.
        Avx512(unsafe { _mm512_xor_si512(self.0, _mm512_set1_epi64(-1)) })
    }
}

impl Not for Avx2 {
    type Output = Avx2;

    #[inline(always)]
    fn not(self) -> Avx2 {
        // SAFETY: a value exists, so the processor has its instructions.
        Avx2(unsafe { _mm256_xor_si256(self.0, _mm256_set1_epi64x(-1)) })
    }
}

/// Which blocks a carry reaches, one bit each, and whether it leaves the last: `over` are those that overflowed, `full`
/// those of ones only, which pass a carry on.
#[inline(always)]
fn carried(over: u32, full: u32, blocks: usize, carry: &mut bool) -> u32 {
    let sum = full + (over << 1 | u32::from(*carry));
    *carry = sum >> blocks & 1 != 0;
    sum ^ full
}

/// Which blocks begin at an odd parity, one bit each: `odd` are those of odd parity by themselves.
#[inline(always)]
fn begin_odd(odd: u32, blocks: usize, is_odd: &mut bool) -> u32 {
    let upto = odd ^ odd << 1;
    let upto = upto ^ upto << 2;
    let upto = upto ^ upto << 4;
    let all = u32::from(*is_odd).wrapping_neg();
    *is_odd ^= upto >> (blocks - 1) & 1 != 0;
    upto << 1 ^ all
}

/// As `wide::planes`, by AVX2.
#[inline]
#[target_feature(enable = "avx2")]
pub fn planes_of_one(text: &[u8], _: u64) -> [u64; 8] {
    let block = first_block(text);
    // SAFETY: a block is twice the 32 bytes that are loaded, of any alignment.
    let (mut low, mut high) =
        unsafe { (_mm256_loadu_si256(block.as_ptr().cast()), _mm256_loadu_si256(block.as_ptr().add(32).cast())) };
    let mut planes = [0; 8];
    for plane in planes.iter_mut().rev() {
        let (low_bits, high_bits) = (_mm256_movemask_epi8(low) as u32, _mm256_movemask_epi8(high) as u32);
        *plane = u64::from(low_bits) | u64::from(high_bits) << 32;
        (low, high) = (_mm256_add_epi8(low, low), _mm256_add_epi8(high, high));
    }
    planes
}

/// For each byte of eight times eight, where it stands when rows and columns are exchanged.
const TURNED: [u8; BLOCK] = {
    let mut turned = [0; BLOCK];
    let mut at = 0;
    while at < BLOCK {
        turned[at] = (at % 8 * 8 + at / 8) as u8;
        at += 1;
    }
    turned
};

/// For each byte, the one that stands there when each eight are in the other order.
const BACKWARD: [u8; BLOCK] = {
    let mut backward = [0; BLOCK];
    let mut at = 0;
    while at < BLOCK {
        backward[at] = (at % 16 / 8 * 8 + 7 - at % 8) as u8;
        at += 1;
    }
    backward
};

impl Avx512 {
    /// As `wide::planes`, of eight blocks.
    #[inline(always)]
    pub fn planes(text: &[u8], zero: Avx512) -> [Avx512; 8] {
        zero.blocks_by_plane(zero.planes_by_block(text)).map(Avx512)
    }

    /// The planes of each block of a text of so many at most. A loop, since what `map` is given may stay a function of
    /// its own, which has no such registers to return.
    #[inline(always)]
    fn planes_by_block<const COUNT: usize>(self, text: &[u8]) -> [__m512i; COUNT] {
        let mut blocks = [self.0; COUNT];
        for (number, planes) in blocks.iter_mut().enumerate() {
            let start = number * BLOCK;
            let length = text.len().saturating_sub(start).min(BLOCK);
            let there = u64::MAX.checked_shr((BLOCK - length) as u32).unwrap_or(0);
            // Nothing is read from a block after the end, but to name memory that is not there costs much even so.
            let start = if length == 0 { 0 } else { start };
            // SAFETY: a value exists, so the processor has the instructions; only the bytes of the text are read.
            let block = unsafe {
                let block = text.as_ptr().add(start);
                if text.len() >= COUNT * BLOCK {
                    _mm512_loadu_si512(block.cast())
                } else {
                    _mm512_maskz_loadu_epi8(there, block.cast())
                }
            };
            *planes = self.planes_of_block(block);
        }
        blocks
    }

    /// The eight planes of one block. The product of two matrices of bits turns each eight bytes to eight planes of one
    /// byte each; it takes rows from the last to the first.
    #[inline(always)]
    fn planes_of_block(self, block: __m512i) -> __m512i {
        // SAFETY: a value exists, so the processor has its instructions; the constants are 64 bytes.
        unsafe {
            let backward = _mm512_shuffle_epi8(block, _mm512_loadu_si512(BACKWARD.as_ptr().cast()));
            let each_bit = _mm512_set1_epi64(i64::from_le_bytes([1, 2, 4, 8, 16, 32, 64, 128]));
            let bytes_of_planes = _mm512_gf2p8affine_epi64_epi8::<0>(each_bit, backward);
            _mm512_permutexvar_epi8(_mm512_loadu_si512(TURNED.as_ptr().cast()), bytes_of_planes)
        }
    }

    /// From the planes of each block to the blocks of each plane.
    #[inline(always)]
    fn blocks_by_plane(self, [a, b, c, d, e, f, g, h]: [__m512i; 8]) -> [__m512i; 8] {
        // SAFETY: a value exists, so the processor has its instructions.
        let (even, odd) = unsafe {
            (
                [
                    _mm512_unpacklo_epi64(a, b),
                    _mm512_unpacklo_epi64(c, d),
                    _mm512_unpacklo_epi64(e, f),
                    _mm512_unpacklo_epi64(g, h),
                ],
                [
                    _mm512_unpackhi_epi64(a, b),
                    _mm512_unpackhi_epi64(c, d),
                    _mm512_unpackhi_epi64(e, f),
                    _mm512_unpackhi_epi64(g, h),
                ],
            )
        };
        let [plane0, plane2, plane4, plane6] = self.pairs_by_plane(even);
        let [plane1, plane3, plane5, plane7] = self.pairs_by_plane(odd);
        [plane0, plane1, plane2, plane3, plane4, plane5, plane6, plane7]
    }

    /// The same for four planes of which two blocks each stand side by side.
    #[inline(always)]
    fn pairs_by_plane(self, [a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
        const EVEN: i32 = 0b10_00_10_00;
        const ODD: i32 = 0b11_01_11_01;
        // SAFETY: a value exists, so the processor has its instructions.
        unsafe {
            let (low, high) = (_mm512_shuffle_i64x2::<EVEN>(a, b), _mm512_shuffle_i64x2::<EVEN>(c, d));
            let (low_odd, high_odd) = (_mm512_shuffle_i64x2::<ODD>(a, b), _mm512_shuffle_i64x2::<ODD>(c, d));
            [
                _mm512_shuffle_i64x2::<EVEN>(low, high),
                _mm512_shuffle_i64x2::<EVEN>(low_odd, high_odd),
                _mm512_shuffle_i64x2::<ODD>(low, high),
                _mm512_shuffle_i64x2::<ODD>(low_odd, high_odd),
            ]
        }
    }
}

/// As `wide::planes`, of four blocks, by AVX-512 all the same: with so few it takes half the time of eight.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,gfni")]
pub fn planes_of_half(text: &[u8], _: Avx2) -> [Avx2; 8] {
    // SAFETY: this function is compiled for the instructions, so it runs only where they are.
    let zero = unsafe { Avx512::zero() };
    let [a, b, c, d] = zero.planes_by_block(text);
    let even = (_mm512_unpacklo_epi64(a, b), _mm512_unpacklo_epi64(c, d));
    let odd = (_mm512_unpackhi_epi64(a, b), _mm512_unpackhi_epi64(c, d));
    // Two planes each, as two of four pairs.
    let (first, last) = (_mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11), _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15));
    let (planes02, planes46) =
        (_mm512_permutex2var_epi64(even.0, first, even.1), _mm512_permutex2var_epi64(even.0, last, even.1));
    let (planes13, planes57) =
        (_mm512_permutex2var_epi64(odd.0, first, odd.1), _mm512_permutex2var_epi64(odd.0, last, odd.1));
    let low = |planes| Avx2(_mm512_castsi512_si256(planes));
    let high = |planes| Avx2(_mm512_extracti64x4_epi64::<1>(planes));
    [
        low(planes02),
        low(planes13),
        high(planes02),
        high(planes13),
        low(planes46),
        low(planes57),
        high(planes46),
        high(planes57),
    ]
}

impl Wide for Avx512 {
    const BLOCKS: usize = 8;

    #[inline(always)]
    unsafe fn zero() -> Avx512 {
        // SAFETY: the caller says that the processor has the instruction.
        Avx512(unsafe { _mm512_setzero_si512() })
    }

    #[inline(always)]
    fn load(self, row: &[u64; ROW], _: usize) -> Avx512 {
        // SAFETY: a value exists, so the processor has the instruction; a row is 64 bytes, which need no alignment.
        Avx512(unsafe { _mm512_loadu_si512(row.as_ptr().cast()) })
    }

    #[inline(always)]
    fn store(self, row: &mut [u64; ROW], _: usize) {
        // SAFETY: a value exists, so the processor has the instruction; a row is 64 bytes, which need no alignment.
        unsafe { _mm512_storeu_si512(row.as_mut_ptr().cast(), self.0) }
    }

    #[inline(always)]
    fn shifted(self, before: Avx512) -> Avx512 {
        // SAFETY: a value exists, so the processor has its instructions.
        unsafe {
            let one_block_up = _mm512_alignr_epi64::<7>(self.0, before.0);
            Avx512(_mm512_shldi_epi64::<1>(self.0, one_block_up))
        }
    }

    #[inline(always)]
    fn or_last(self, bit: bool) -> Avx512 {
        // SAFETY: a value exists, so the processor has its instructions.
        unsafe { Avx512(_mm512_mask_or_epi64(self.0, u8::from(bit) << 7, self.0, _mm512_set1_epi64(i64::MIN))) }
    }

    #[inline(always)]
    fn plus(self, other: Avx512, carry: &mut bool) -> Avx512 {
        // SAFETY: a value exists, so the processor has its instructions.
        unsafe {
            let ones = _mm512_set1_epi64(-1);
            let sum = _mm512_add_epi64(self.0, other.0);
            let over = _mm512_cmplt_epu64_mask(sum, self.0);
            let full = _mm512_cmpeq_epi64_mask(sum, ones);
            let reached = carried(u32::from(over), u32::from(full), 8, carry);
            Avx512(_mm512_mask_sub_epi64(sum, reached as u8, sum, ones))
        }
    }

    #[inline(always)]
    fn parity_up_to(self, is_odd: &mut bool) -> Avx512 {
        // SAFETY: a value exists, so the processor has its instructions.
        unsafe {
            let bits = self.0;
            let bits = _mm512_xor_si512(bits, _mm512_slli_epi64::<1>(bits));
            let bits = _mm512_xor_si512(bits, _mm512_slli_epi64::<2>(bits));
            let bits = _mm512_xor_si512(bits, _mm512_slli_epi64::<4>(bits));
            let bits = _mm512_xor_si512(bits, _mm512_slli_epi64::<8>(bits));
            let bits = _mm512_xor_si512(bits, _mm512_slli_epi64::<16>(bits));
            let bits = _mm512_xor_si512(bits, _mm512_slli_epi64::<32>(bits));
            let odd = _mm512_cmplt_epi64_mask(bits, _mm512_setzero_si512());
            let turned = begin_odd(u32::from(odd), 8, is_odd);
            Avx512(_mm512_mask_xor_epi64(bits, turned as u8, bits, _mm512_set1_epi64(-1)))
        }
    }

    #[inline(always)]
    fn is_zero(self) -> bool {
        // SAFETY: a value exists, so the processor has its instructions.
        unsafe { _mm512_test_epi64_mask(self.0, self.0) == 0 }
    }

    #[inline(always)]
    fn has_full_block(self) -> bool {
        // SAFETY: a value exists, so the processor has its instructions.
        unsafe { _mm512_cmpeq_epi64_mask(self.0, _mm512_set1_epi64(-1)) != 0 }
    }
}

impl Avx2 {
    /// As `wide::planes`, of four blocks.
    #[inline(always)]
    pub fn planes(text: &[u8], zero: Avx2) -> [Avx2; 8] {
        let mut planes = [[0; ROW]; 8];
        for (number, bytes) in text.chunks(BLOCK).take(Self::BLOCKS).enumerate() {
            // SAFETY: a value exists, so the processor has the instructions.
            for (plane, bits) in planes.iter_mut().zip(unsafe { planes_of_one(bytes, 0) }) {
                plane[number] = bits;
            }
        }
        planes.map(|plane| zero.load(&plane, 0))
    }

    /// All ones in the blocks that `bits` names.
    #[inline(always)]
    fn blocks(self, bits: u32) -> __m256i {
        // SAFETY: a value exists, so the processor has its instructions.
        unsafe {
            let each = _mm256_setr_epi64x(1, 2, 4, 8);
            _mm256_cmpeq_epi64(_mm256_and_si256(_mm256_set1_epi64x(i64::from(bits)), each), each)
        }
    }

    /// The highest bit of each block.
    #[inline(always)]
    fn highest(self) -> u32 {
        // SAFETY: a value exists, so the processor has its instructions.
        unsafe { _mm256_movemask_pd(_mm256_castsi256_pd(self.0)) as u32 }
    }

    #[inline(always)]
    fn full_blocks(self) -> u32 {
        // SAFETY: a value exists, so the processor has its instructions.
        Avx2(unsafe { _mm256_cmpeq_epi64(self.0, _mm256_set1_epi64x(-1)) }).highest()
    }
}

impl Wide for Avx2 {
    const BLOCKS: usize = 4;

    #[inline(always)]
    unsafe fn zero() -> Avx2 {
        // SAFETY: the caller says that the processor has the instruction.
        Avx2(unsafe { _mm256_setzero_si256() })
    }

    #[inline(always)]
    fn load(self, row: &[u64; ROW], first: usize) -> Avx2 {
        let blocks = &row[first..first + Self::BLOCKS];
        // SAFETY: a value exists, so the processor has the instruction; four blocks are 32 bytes, of any alignment.
        Avx2(unsafe { _mm256_loadu_si256(blocks.as_ptr().cast()) })
    }

    #[inline(always)]
    fn store(self, row: &mut [u64; ROW], first: usize) {
        let blocks = &mut row[first..first + Self::BLOCKS];
        // SAFETY: a value exists, so the processor has the instruction; four blocks are 32 bytes, of any alignment.
        unsafe { _mm256_storeu_si256(blocks.as_mut_ptr().cast(), self.0) }
    }

    #[inline(always)]
    fn shifted(self, before: Avx2) -> Avx2 {
        // SAFETY: a value exists, so the processor has its instructions.
        unsafe {
            let turned = _mm256_permute4x64_epi64::<0b10_01_00_11>(self.0);
            let turned_before = _mm256_permute4x64_epi64::<0b10_01_00_11>(before.0);
            let one_block_up = _mm256_blend_epi32::<0b0000_0011>(turned, turned_before);
            Avx2(_mm256_or_si256(_mm256_slli_epi64::<1>(self.0), _mm256_srli_epi64::<63>(one_block_up)))
        }
    }

    #[inline(always)]
    fn or_last(self, bit: bool) -> Avx2 {
        // SAFETY: a value exists, so the processor has its instructions.
        unsafe { Avx2(_mm256_or_si256(self.0, _mm256_setr_epi64x(0, 0, 0, i64::from(bit) << 63))) }
    }

    #[inline(always)]
    fn plus(self, other: Avx2, carry: &mut bool) -> Avx2 {
        // SAFETY: a value exists, so the processor has its instructions.
        unsafe {
            // There is only a comparison of signed numbers: turning the highest bits makes it one of unsigned ones.
            let top = _mm256_set1_epi64x(i64::MIN);
            let sum = _mm256_add_epi64(self.0, other.0);
            let over = Avx2(_mm256_cmpgt_epi64(_mm256_xor_si256(self.0, top), _mm256_xor_si256(sum, top))).highest();
            let reached = carried(over, Avx2(sum).full_blocks(), 4, carry);
            Avx2(_mm256_sub_epi64(sum, self.blocks(reached)))
        }
    }

    #[inline(always)]
    fn parity_up_to(self, is_odd: &mut bool) -> Avx2 {
        // SAFETY: a value exists, so the processor has its instructions.
        unsafe {
            let bits = self.0;
            let bits = _mm256_xor_si256(bits, _mm256_slli_epi64::<1>(bits));
            let bits = _mm256_xor_si256(bits, _mm256_slli_epi64::<2>(bits));
            let bits = _mm256_xor_si256(bits, _mm256_slli_epi64::<4>(bits));
            let bits = _mm256_xor_si256(bits, _mm256_slli_epi64::<8>(bits));
            let bits = _mm256_xor_si256(bits, _mm256_slli_epi64::<16>(bits));
            let bits = _mm256_xor_si256(bits, _mm256_slli_epi64::<32>(bits));
            let turned = begin_odd(Avx2(bits).highest(), 4, is_odd);
            Avx2(_mm256_xor_si256(bits, self.blocks(turned)))
        }
    }

    #[inline(always)]
    fn is_zero(self) -> bool {
        // SAFETY: a value exists, so the processor has its instructions.
        unsafe { _mm256_testz_si256(self.0, self.0) != 0 }
    }

    #[inline(always)]
    fn has_full_block(self) -> bool {
        self.full_blocks() != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::instructions::{best, Instructions};
    use crate::event::wide::{planes, ROW_BYTES};

    type Planes = [[u64; ROW]; 8];

    fn has_avx2() -> bool {
        best(Instructions::Avx2) == Instructions::Avx2
    }

    fn has_avx512() -> bool {
        best(Instructions::Avx512) == Instructions::Avx512
    }

    /// All operations on each two rows after each other: their results, and what they carry.
    fn results<W: Wide>(zero: W, rows: &[[u64; ROW]]) -> Vec<([u64; ROW], bool)> {
        let mut found = Vec::new();
        for first in rows {
            for second in rows {
                let (mut before, mut carry, mut is_odd) = (zero, false, false);
                for (row, other) in [(first, second), (second, first), (first, first)] {
                    let mut made = [[0; ROW]; 9];
                    let mut full = false;
                    for at in (0..ROW).step_by(W::BLOCKS) {
                        let (bits, other) = (zero.load(row, at), zero.load(other, at));
                        bits.shifted(before).store(&mut made[0], at);
                        before = bits;
                        bits.plus(other, &mut carry).store(&mut made[1], at);
                        bits.parity_up_to(&mut is_odd).store(&mut made[2], at);
                        (bits & other).store(&mut made[3], at);
                        (bits | other).store(&mut made[4], at);
                        (bits ^ other).store(&mut made[5], at);
                        (!bits).store(&mut made[6], at);
                        full |= bits.has_full_block();
                        assert_eq!(bits.is_zero(), row[at..at + W::BLOCKS].iter().all(|&block| block == 0));
                        if at + W::BLOCKS == ROW {
                            before = bits.or_last(true);
                            before.store(&mut made[7], at);
                        }
                    }
                    made[7][..7].fill(0);
                    found.extend(made.map(|row| (row, carry)));
                    found.push(([u64::from(is_odd); ROW], full));
                }
            }
        }
        found
    }

    /// The planes of a text whose last byte ends what may be read.
    fn all_planes<W: Wide>(zero: W, planes_of: impl Fn(&[u8], W) -> [W; 8], text: &[u8]) -> Planes {
        let mut planes = [[0; ROW]; 8];
        for first in (0..ROW).step_by(W::BLOCKS) {
            let rest = text.get(first * BLOCK..).unwrap_or_default();
            for (plane, bits) in planes.iter_mut().zip(planes_of(rest, zero)) {
                bits.store(plane, first);
            }
        }
        planes
    }

    #[test]
    fn every_way_finds_the_same_planes() {
        for length in 0..=ROW_BYTES + 1 {
            let text: Vec<u8> = (0..length).map(|at| (at * at * 31 + at + length) as u8).collect();
            let text = text.into_boxed_slice();
            let expected = all_planes(0_u64, planes, &text);
            if has_avx2() {
                // SAFETY: the instructions were just found to be there.
                assert!(expected == all_planes(unsafe { Avx2::zero() }, Avx2::planes, &text), "{length}");
            }
            if has_avx512() {
                // SAFETY: the instructions were just found to be there.
                assert!(expected == all_planes(unsafe { Avx512::zero() }, Avx512::planes, &text), "{length}");
                // SAFETY: as above.
                let planes_of_half = |text: &[u8], zero| unsafe { planes_of_half(text, zero) };
                // SAFETY: as above.
                assert!(expected == all_planes(unsafe { Avx2::zero() }, planes_of_half, &text), "{length}");
            }
        }
    }

    #[test]
    fn every_way_of_computing_agrees_with_one_block_at_a_time() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let mut rows = vec![[0; ROW], [u64::MAX; ROW], [1, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 1 << 63]];
        for _ in 0..60 {
            rows.push(std::array::from_fn(|_| match random() % 4 {
                0 => u64::MAX,
                1 => random() & 1,
                2 => 0,
                _ => random(),
            }));
        }
        // SAFETY: plain Rust needs nothing.
        let expected = results(unsafe { u64::zero() }, &rows);
        if has_avx2() {
            // SAFETY: the instructions were just found to be there.
            assert!(expected == results(unsafe { Avx2::zero() }, &rows));
        }
        if has_avx512() {
            // SAFETY: the instructions were just found to be there.
            assert!(expected == results(unsafe { Avx512::zero() }, &rows));
        }
    }
}
