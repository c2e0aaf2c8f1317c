//! Where one byte stands in 64, by the vector instructions of x86-64 and in plain Rust.

use super::wide::BLOCK;

/// Which bytes of a block are `byte`, in plain Rust.
pub fn places_of(block: &[u8; BLOCK], byte: u8) -> u64 {
    block.iter().rev().fold(0, |bits, &each| bits << 1 | u64::from(each == byte))
}

/// The same by AVX2.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
pub fn places_of_avx2(block: &[u8; BLOCK], byte: u8) -> u64 {
    use std::arch::x86_64::*;
    let wanted = _mm256_set1_epi8(byte as i8);
    // SAFETY: a block is 64 bytes, twice what is loaded, and the loads need no alignment.
    let (low, high) =
        unsafe { (_mm256_loadu_si256(block.as_ptr().cast()), _mm256_loadu_si256(block.as_ptr().add(32).cast())) };
    let bits = |half| _mm256_movemask_epi8(_mm256_cmpeq_epi8(half, wanted)) as u32;
    u64::from(bits(low)) | u64::from(bits(high)) << 32
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    #[test]
    fn both_ways_find_a_byte_at_every_place() {
        for first in 0..=255_u8 {
            let block: [u8; BLOCK] = std::array::from_fn(|at| first.wrapping_mul(7).wrapping_add(at as u8 % 60));
            for byte in block {
                if is_x86_feature_detected!("avx2") {
                    // SAFETY: the instructions were just found to be there.
                    assert_eq!(places_of(&block, byte), unsafe { places_of_avx2(&block, byte) });
                }
            }
        }
    }
}
