#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <netaio/bytes.hpp>
#include <netaio/numbers.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace netaio {

class Value;

/// The types a Value can have, in the order of Value::Data.
enum class ValueType : std::uint8_t {
    none,
    bytes,
    bytearray,
    str,
    integer,
    boolean,
    floating,
    decimal,
    list,
    set,
    tuple,
    dict,
    packable,
};

/// Bytes, as opposed to text.
struct Bytes {
    Bytes() = default;
    Bytes(ByteView view) : data(view) {}
    Bytes(std::string text) noexcept : data(std::move(text)) {}
    Bytes(const char* text) : data(text) {}

    bool operator==(const Bytes&) const = default;

    std::string data;
};

/// Python's mutable bytes: a type of its own on the wire, and never a member of a set or a key.
struct ByteArray {
    ByteArray() = default;
    ByteArray(ByteView view) : data(view) {}
    ByteArray(std::string text) noexcept : data(std::move(text)) {}
    ByteArray(const char* text) : data(text) {}

    bool operator==(const ByteArray&) const = default;

    std::string data;
};

/// An instance of an application's own type: the name of the type and what it packed itself into.
struct Packable {
    bool operator==(const Packable&) const = default;

    std::string name;  ///< UTF-8
    std::string data;
};

/// Values in a row: `List{1, "two", Bytes{"three"}}`.
struct List {
    List() noexcept;
    List(std::initializer_list<Value> values);
    explicit List(std::vector<Value> values) noexcept;

    bool operator==(const List& other) const;

    std::vector<Value> items;
};

/// As a List, but one that can be a member of a set or a key, if all its items can.
struct Tuple {
    Tuple() noexcept;
    Tuple(std::initializer_list<Value> values);
    explicit Tuple(std::vector<Value> values) noexcept;

    bool operator==(const Tuple& other) const;

    std::vector<Value> items;
};

/// Values without order or repetition. Values of different types are different (in Python, 1 and
/// true are not); within a type Python's equality decides: 0.0 is -0.0, no NaN is another, and the
/// decimals 1 and 1.0 are one.
class Set {
public:
    Set() noexcept;
    /// Of equal values the first is kept.
    /// @throws std::invalid_argument for a list, set, dict, bytearray or signaling NaN among them.
    Set(std::initializer_list<Value> values);
    explicit Set(std::vector<Value> values);

    /// In order of insertion.
    const std::vector<Value>& items() const noexcept { return items_; }
    std::size_t size() const noexcept;
    bool empty() const noexcept;
    bool contains(const Value& value) const;
    /// Adds a value; false if it was there. Throws as the constructor does. Takes time linear in
    /// size(): make large sets from a vector.
    bool insert(Value value);

    /// Whatever the order.
    bool operator==(const Set& other) const;

private:
    std::vector<Value> items_;
};

/// Keys with values: `Dict{{"name", "kitchen"}, {"port", 8888}}`. Keys are told apart as the
/// members of a Set are, and cannot be of the types that those cannot be of.
class Dict {
public:
    struct Entry;

    Dict() noexcept;
    /// Of equal keys the first is kept, with the value of the last.
    /// @throws std::invalid_argument for a key that cannot be one.
    Dict(std::initializer_list<Entry> entries);
    explicit Dict(std::vector<Entry> entries);

    /// In order of insertion.
    const std::vector<Entry>& entries() const noexcept { return entries_; }
    std::vector<Entry>::const_iterator begin() const noexcept;
    std::vector<Entry>::const_iterator end() const noexcept;
    std::size_t size() const noexcept;
    bool empty() const noexcept;

    /// The value of a text key; null when there is none. Valid until the dict changes.
    const Value* find(std::string_view key) const noexcept;
    Value* find(std::string_view key) noexcept;
    /// The value of any key; null when there is none. Valid until the dict changes.
    const Value* find_key(const Value& key) const;
    /// Adds an entry or replaces its value. Throws as the constructor does. Takes time linear in
    /// size(): make large dicts from a vector.
    void set(Value key, Value value);
    /// Removes a text key; false when there is none.
    bool erase(std::string_view key);

    /// Whatever the order.
    bool operator==(const Dict& other) const;

private:
    std::vector<Entry> entries_;
};

/// The classes a Value can be made from, beside text and numbers.
template <class T>
concept PackifyClass =
    std::same_as<T, Bytes> || std::same_as<T, ByteArray> || std::same_as<T, Integer> ||
    std::same_as<T, Decimal> || std::same_as<T, List> || std::same_as<T, Set> ||
    std::same_as<T, Tuple> || std::same_as<T, Dict> || std::same_as<T, Packable>;

/// Any value packify can carry: the types of Python that netaio's auth fields and peer data may
/// hold. A value owns all it holds; copies are deep. `Value{}` is none.
///
/// Equality is exact: equal values are of one type and pack to the same bytes, so -0.0 is not 0.0
/// and a NaN equals itself.
class Value {
public:
    using Data = std::variant<std::monostate, Bytes, ByteArray, std::string, Integer, bool, double,
                              Decimal, List, Set, Tuple, Dict, Packable>;

    Value() noexcept = default;
    Value(std::nullptr_t) = delete;
    /// Text; it must be UTF-8 to be packed.
    template <class Text>
        requires(!std::same_as<std::remove_cvref_t<Text>, Value> &&
                 !std::same_as<std::remove_cvref_t<Text>, ByteView> &&
                 std::convertible_to<Text, std::string_view>)
    Value(Text&& text) : data_(std::in_place_type<std::string>, std::forward<Text>(text)) {}
    /// A view says not whether it is text: write `Bytes{view}` or `view.str()`.
    Value(const ByteView&) = delete;
    template <WholeNumber Number>
    Value(Number number) : data_(std::in_place_type<Integer>, number) {}
    template <std::floating_point Number>
    Value(Number number) noexcept : data_(std::in_place_type<double>, number) {}
    /// A bool, or one of the classes that Data can hold.
    template <class Content>
        requires(std::same_as<Content, bool> || PackifyClass<Content>)
    Value(Content content) noexcept : data_(std::move(content)) {}

    ValueType type() const noexcept { return static_cast<ValueType>(data_.index()); }
    bool is_none() const noexcept { return type() == ValueType::none; }

    /// Each of these is empty or null when the value is of another type. Views and pointers are
    /// valid until the value changes or goes.
    std::optional<ByteView> as_bytes() const noexcept;
    std::optional<ByteView> as_bytearray() const noexcept;
    std::optional<std::string_view> as_str() const noexcept;
    std::optional<bool> as_bool() const noexcept;
    std::optional<double> as_float() const noexcept;
    /// Also empty when out of range.
    std::optional<std::int64_t> as_int() const noexcept;
    /// Also empty when out of range.
    std::optional<std::uint64_t> as_uint() const noexcept;
    const Integer* as_integer() const noexcept { return std::get_if<Integer>(&data_); }
    const Decimal* as_decimal() const noexcept { return std::get_if<Decimal>(&data_); }
    const List* as_list() const noexcept { return std::get_if<List>(&data_); }
    const Set* as_set() const noexcept { return std::get_if<Set>(&data_); }
    const Tuple* as_tuple() const noexcept { return std::get_if<Tuple>(&data_); }
    const Dict* as_dict() const noexcept { return std::get_if<Dict>(&data_); }
    const Packable* as_packable() const noexcept { return std::get_if<Packable>(&data_); }
    /// To change a collection in place.
    List* as_list() noexcept { return std::get_if<List>(&data_); }
    Set* as_set() noexcept { return std::get_if<Set>(&data_); }
    Tuple* as_tuple() noexcept { return std::get_if<Tuple>(&data_); }
    Dict* as_dict() noexcept { return std::get_if<Dict>(&data_); }

    /// The value of a text key of a dict; null when there is none, or when this is no dict.
    const Value* find(std::string_view key) const noexcept;

    /// What is inside, for `std::visit`.
    const Data& data() const noexcept { return data_; }

    bool operator==(const Value& other) const;

private:
    Data data_;
};

/// A key and its value.
struct Dict::Entry {
    Value key;
    Value value;

    bool operator==(const Entry&) const = default;
};

}  // namespace netaio
