//! Numbers as the semantics compare them: exactly, integers with doubles. The twin of `ruler/patterns/numbers.py`.
//!
//! An integer from -2^63 to 2^64-1 is itself; every other number is the nearest double. Both become one key that
//! sorts and compares as the numbers do: the bits of the nearest double, made to sort, and how far the integer lies
//! from that double (0 for a double). Rounding keeps order, so where two keys differ in the double they differ rightly,
//! and where they agree the distance decides.

/// A number from an event or a rule. `Ord`, `Eq` and `Hash` are those of the numbers: `1 == 1.0`, `-0.0 == 0`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number {
    double: u64,   // of the nearest double, in an order that sorts as the doubles do
    distance: i16, // at most 1024: doubles below 2^64 lie at most 2048 apart
}

const SIGN: u64 = 1 << 63;

impl Number {
    /// The number of a finite double.
    pub fn from_f64(double: f64) -> Number {
        Number { double: ordered_bits(double), distance: 0 }
    }

    pub fn from_i64(integer: i64) -> Number {
        let double = integer as f64;
        Number { double: ordered_bits(double), distance: (i128::from(integer) - double as i128) as i16 }
    }

    pub fn from_u64(integer: u64) -> Number {
        let double = integer as f64;
        Number { double: ordered_bits(double), distance: (i128::from(integer) - double as i128) as i16 }
    }

    /// The nearest double.
    pub fn to_f64(self) -> f64 {
        f64::from_bits(if self.double & SIGN != 0 { self.double ^ SIGN } else { !self.double })
    }

    /// The exact integer, when it was not a double: `to_f64` plus the distance.
    pub fn exact_integer(self) -> Option<i128> {
        let double = self.to_f64();
        (double.fract() == 0.0 && double.abs() < 4e19).then(|| double as i128 + i128::from(self.distance))
    }

    /// 64 bits that sort as the nearest doubles do.
    pub fn ordered_bits(self) -> u64 {
        self.double
    }

    /// The number of a JSON number, which `text` must be; None when it is too large for a double.
    pub fn parse(text: &[u8]) -> Option<Number> {
        let (negative, digits) = match text.split_first() {
            Some((b'-', rest)) => (true, rest),
            _ => (false, text),
        };
        match Plain::parse(digits) {
            Some(Plain { digits, decimals: None }) if !negative => return Some(Number::from_u64(digits)),
            Some(Plain { digits, decimals: None }) if digits <= SIGN => {
                return Some(Number::from_i64((digits as i64).wrapping_neg()));
            }
            Some(Plain { digits, decimals: Some(decimals) }) if digits <= EXACT && decimals < POWERS.len() => {
                // Both are exact as doubles, so their quotient is rounded once, to the nearest.
                let double = digits as f64 / POWERS[decimals];
                return Some(Number::from_f64(if negative { -double } else { double }));
            }
            _ => {}
        }
        let double: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
        double.is_finite().then(|| Number::from_f64(double))
    }
}

/// Integers up to this are doubles.
const EXACT: u64 = 1 << f64::MANTISSA_DIGITS;

/// The powers of ten that are doubles.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// A number written without sign and exponent.
struct Plain {
    digits: u64,
    /// How many stand behind the dot, if there is one.
    decimals: Option<usize>,
}

impl Plain {
    /// Parse what has so few digits that they fit; None for anything else.
    #[inline]
    fn parse(text: &[u8]) -> Option<Plain> {
        const MOST: usize = 20; // of 20 digits some do not fit
        if text.len() > MOST {
            return None;
        }
        let (mut digits, mut decimals) = (0u64, None);
        for (&byte, left) in text.iter().zip((0..text.len()).rev()) {
            match byte.wrapping_sub(b'0') {
                digit @ 0..=9 => digits = digits.checked_mul(10)?.checked_add(u64::from(digit))?,
                _ if byte == b'.' && decimals.is_none() && text.len() > 1 => decimals = Some(left),
                _ => return None,
            }
        }
        (!text.is_empty()).then_some(Plain { digits, decimals })
    }
}

fn ordered_bits(double: f64) -> u64 {
    let bits = (double + 0.0).to_bits(); // adding 0.0 makes -0.0 into 0.0
    if bits & SIGN != 0 {
        !bits
    } else {
        bits | SIGN
    }
}

impl std::fmt::Debug for Number {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.exact_integer() {
            Some(integer) => write!(formatter, "{integer}"),
            None => write!(formatter, "{}", self.to_f64()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_is_the_double_that_the_standard_library_makes_of_it() {
        let digits = "90719925474099217400352825247";
        for length in 1..digits.len() {
            for start in 0..digits.len() - length {
                for before_dot in 1..=length {
                    for sign in ["", "-"] {
                        let (whole, decimals) = digits[start..start + length].split_at(before_dot);
                        let text = format!("{sign}{whole}.{decimals}");
                        let expected = text.parse().map(Number::from_f64).unwrap();
                        assert_eq!(Number::parse(text.as_bytes()), Some(expected), "{text}");
                    }
                }
            }
        }
    }

    #[test]
    fn an_integer_is_itself_up_to_its_limits() {
        let limits = [(0, i128::from(u64::MAX)), (i128::from(i64::MIN), 0)];
        for (low, high) in limits {
            for integer in (low..low + 3).chain(high - 3..=high) {
                assert_eq!(Number::parse(integer.to_string().as_bytes()).unwrap().exact_integer(), Some(integer));
            }
        }
        assert_eq!(Number::parse(b"18446744073709551616"), Some(Number::from_f64(18446744073709551616.0)));
        assert_eq!(Number::parse(b"-9223372036854775809"), Some(Number::from_f64(-9223372036854775808.0)));
        assert_eq!((Number::parse(b""), Number::parse(b"-"), Number::parse(b".")), (None, None, None));
    }
}
