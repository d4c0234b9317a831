//! The codec's deserializer, but for vectors of bytes, which are read as a whole. What is read is the same: a length, and then
//! each byte.
//!
//! A value asks for its parts through what it gave the deserializer, so that is wrapped on the way in ([`Around`]), and what the
//! codec answers on the way out ([`Reader`]).

use std::any::TypeId;
use std::fmt;

use serde::de::value::Error as NoError;
use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use crate::sys::sameness;

/// Reads by the codec.
pub(crate) struct Reader<D>(pub(crate) D);

/// What a value gives to be told of its parts, or to read one, around which the parts are wrapped.
struct Around<T>(T);

macro_rules! by_the_codec {
    ($wrap:ident: $($method:ident($($name:ident: $type:ty),*),)*) => {
        $(#[inline]
        fn $method<V: Visitor<'de>>(self, $($name: $type,)* visitor: V) -> Result<V::Value, D::Error> {
            self.0.$method($($name,)* by_the_codec!(@$wrap visitor))
        })*
    };
    (@plain $visitor:ident) => { $visitor };
    (@around $visitor:ident) => { Around($visitor) };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Reader<D> {
    type Error = D::Error;

    by_the_codec! { plain:
        deserialize_any(), deserialize_ignored_any(), deserialize_identifier(),
        deserialize_bool(), deserialize_char(), deserialize_str(), deserialize_string(), deserialize_bytes(), deserialize_byte_buf(),
        deserialize_i8(), deserialize_i16(), deserialize_i32(), deserialize_i64(), deserialize_i128(),
        deserialize_u8(), deserialize_u16(), deserialize_u32(), deserialize_u64(), deserialize_u128(),
        deserialize_f32(), deserialize_f64(), deserialize_unit(), deserialize_unit_struct(name: &'static str),
    }

    by_the_codec! { around:
        deserialize_option(),
        deserialize_newtype_struct(name: &'static str),
        deserialize_tuple(length: usize),
        deserialize_tuple_struct(name: &'static str, length: usize),
        deserialize_map(),
        deserialize_struct(name: &'static str, fields: &'static [&'static str]),
        deserialize_enum(name: &'static str, variants: &'static [&'static str]),
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        if !is_of_bytes::<V>() {
            return self.0.deserialize_seq(Around(visitor));
        }
        let bytes = self.0.deserialize_byte_buf(Bytes)?;
        sameness::vector(bytes).ok_or_else(|| de::Error::custom("bytes have changed their type"))
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

/// Whether a visitor of type `V` is that of serde's own for `Vec<u8>`: any other may do with the bytes what it likes.
#[inline]
fn is_of_bytes<V>() -> bool {
    /// Answers a value that asks for a sequence by the type of its visitor.
    struct Ask<'a>(&'a mut Option<TypeId>);

    impl<'de> Deserializer<'de> for Ask<'_> {
        type Error = NoError;

        #[inline]
        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, NoError> {
            Err(de::Error::custom(""))
        }

        #[inline]
        fn deserialize_seq<V: Visitor<'de>>(self, _: V) -> Result<V::Value, NoError> {
            *self.0 = Some(sameness::id::<V>());
            Err(de::Error::custom(""))
        }

        forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
            newtype_struct tuple tuple_struct map struct enum identifier ignored_any
        }
    }

    let mut id = None;
    let _ = Vec::<u8>::deserialize(Ask(&mut id));
    id == Some(sameness::id::<V>())
}

/// Copies bytes.
struct Bytes;

impl Visitor<'_> for Bytes {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_vec())
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Around<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    #[inline]
    fn visit_none<E: de::Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    #[inline]
    fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(Reader(value))
    }

    #[inline]
    fn visit_newtype_struct<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        self.0.visit_newtype_struct(Reader(value))
    }

    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, parts: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(Around(parts))
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, parts: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Around(parts))
    }

    #[inline]
    fn visit_enum<A: EnumAccess<'de>>(self, value: A) -> Result<V::Value, A::Error> {
        self.0.visit_enum(Around(value))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Around<S> {
    type Value = S::Value;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(Reader(value))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Around<A> {
    type Error = A::Error;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Around(seed))
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Around<A> {
    type Error = A::Error;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_key_seed(Around(seed))
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(Around(seed))
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for Around<A> {
    type Error = A::Error;
    type Variant = Around<A::Variant>;

    #[inline]
    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        let (value, variant) = self.0.variant_seed(Around(seed))?;
        Ok((value, Around(variant)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Around<A> {
    type Error = A::Error;

    #[inline]
    fn unit_variant(self) -> Result<(), A::Error> {
        self.0.unit_variant()
    }

    #[inline]
    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.0.newtype_variant_seed(Around(seed))
    }

    #[inline]
    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.0.tuple_variant(length, Around(visitor))
    }

    #[inline]
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.0.struct_variant(fields, Around(visitor))
    }
}

#[cfg(test)]
mod tests {
    use serde::de::value::BytesDeserializer;

    use super::*;

    #[test]
    fn bytes_are_asked_for_as_a_whole() {
        // It has bytes, and no sequences.
        let bytes = || BytesDeserializer::<NoError>::new(b"lucky");
        assert!(Vec::<u8>::deserialize(bytes()).is_err());
        assert_eq!(Vec::<u8>::deserialize(Reader(bytes())), Ok(b"lucky".to_vec()));
        assert!(Vec::<i8>::deserialize(Reader(bytes())).is_err());
    }
}
