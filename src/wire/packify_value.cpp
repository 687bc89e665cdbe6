#include <netaio/value.hpp>

#include <algorithm>
#include <bit>
#include <functional>

#include "packify_identity.hpp"

namespace netaio {
namespace {

using std::strong_ordering;

strong_ordering order(const Value& a, const Value& b);

// Any order of all values that tells apart what packs differently.
strong_ordering order_of(std::monostate, std::monostate) {
    return strong_ordering::equal;
}
strong_ordering order_of(const Bytes& a, const Bytes& b) {
    return a.data <=> b.data;
}
strong_ordering order_of(const ByteArray& a, const ByteArray& b) {
    return a.data <=> b.data;
}
strong_ordering order_of(double a, double b) {
    return std::bit_cast<std::uint64_t>(a) <=> std::bit_cast<std::uint64_t>(b);
}
strong_ordering order_of(const Packable& a, const Packable& b) {
    const auto by_name = a.name <=> b.name;
    return by_name != 0 ? by_name : a.data <=> b.data;
}
strong_ordering order_of(const Dict::Entry* a, const Dict::Entry* b) {
    const auto by_key = order(a->key, b->key);
    return by_key != 0 ? by_key : order(a->value, b->value);
}
strong_ordering order_of(const Value* a, const Value* b) {
    return order(*a, *b);
}

// Pointers to the items; `sorted` where their order has no meaning.
template <class Item>
std::vector<const Item*> pointers_to(const std::vector<Item>& items, bool sorted) {
    std::vector<const Item*> pointers;
    pointers.reserve(items.size());
    for (const Item& item : items) {
        pointers.push_back(&item);
    }
    if (sorted) {
        std::ranges::sort(pointers, [](auto a, auto b) { return order_of(a, b) < 0; });
    }
    return pointers;
}

template <class Item>
strong_ordering order_of_items(const std::vector<Item>& a, const std::vector<Item>& b,
                               bool sorted) {
    const auto by_size = a.size() <=> b.size();
    if (by_size != 0) return by_size;
    const auto first = pointers_to(a, sorted);
    const auto second = pointers_to(b, sorted);
    return std::lexicographical_compare_three_way(
        first.begin(), first.end(), second.begin(), second.end(),
        [](auto left, auto right) { return order_of(left, right); });
}

strong_ordering order_of(const List& a, const List& b) {
    return order_of_items(a.items, b.items, false);
}
strong_ordering order_of(const Tuple& a, const Tuple& b) {
    return order_of_items(a.items, b.items, false);
}
strong_ordering order_of(const Set& a, const Set& b) {
    return order_of_items(a.items(), b.items(), true);
}
strong_ordering order_of(const Dict& a, const Dict& b) {
    return order_of_items(a.entries(), b.entries(), true);
}
template <class T>
strong_ordering order_of(const T& a, const T& b) {
    return a <=> b;
}

strong_ordering order(const Value& a, const Value& b) {
    if (a.type() != b.type()) return a.type() <=> b.type();
    return std::visit(
        [&b](const auto& content) {
            return order_of(content, *std::get_if<std::decay_t<decltype(content)>>(&b.data()));
        },
        a.data());
}

}  // namespace

List::List() noexcept = default;
List::List(std::initializer_list<Value> values) : items(values) {}
List::List(std::vector<Value> values) noexcept : items(std::move(values)) {}
bool List::operator==(const List& other) const {
    return items == other.items;
}

Tuple::Tuple() noexcept = default;
Tuple::Tuple(std::initializer_list<Value> values) : items(values) {}
Tuple::Tuple(std::vector<Value> values) noexcept : items(std::move(values)) {}
bool Tuple::operator==(const Tuple& other) const {
    return items == other.items;
}

Set::Set() noexcept = default;

Set::Set(std::initializer_list<Value> values) : Set(std::vector<Value>(values)) {}

Set::Set(std::vector<Value> values) : items_(std::move(values)) {
    std::ranges::for_each(items_, wire::require_hashable);
    wire::drop_duplicates(items_, std::identity{}, [](Value&, Value&) {});
}

std::size_t Set::size() const noexcept {
    return items_.size();
}

bool Set::empty() const noexcept {
    return items_.empty();
}

bool Set::contains(const Value& value) const {
    return wire::is_hashable(value) && std::ranges::any_of(items_, [&](const Value& item) {
               return wire::same_member(item, value);
           });
}

bool Set::insert(Value value) {
    wire::require_hashable(value);
    if (contains(value)) return false;
    items_.push_back(std::move(value));
    return true;
}

bool Set::operator==(const Set& other) const {
    return order_of(*this, other) == 0;
}

Dict::Dict() noexcept = default;

Dict::Dict(std::initializer_list<Entry> entries) : Dict(std::vector<Entry>(entries)) {}

Dict::Dict(std::vector<Entry> entries) : entries_(std::move(entries)) {
    std::ranges::for_each(entries_, wire::require_hashable, &Entry::key);
    wire::drop_duplicates(
        entries_, [](const Entry& entry) -> const Value& { return entry.key; },
        [](Entry& first, Entry& later) { first.value = std::move(later.value); });
}

std::vector<Dict::Entry>::const_iterator Dict::begin() const noexcept {
    return entries_.begin();
}

std::vector<Dict::Entry>::const_iterator Dict::end() const noexcept {
    return entries_.end();
}

std::size_t Dict::size() const noexcept {
    return entries_.size();
}

bool Dict::empty() const noexcept {
    return entries_.empty();
}

const Value* Dict::find(std::string_view key) const noexcept {
    const auto found = std::ranges::find_if(
        entries_, [&](const Entry& entry) { return entry.key.as_str() == key; });
    return found == entries_.end() ? nullptr : &found->value;
}

Value* Dict::find(std::string_view key) noexcept {
    return const_cast<Value*>(std::as_const(*this).find(key));
}

const Value* Dict::find_key(const Value& key) const {
    if (!wire::is_hashable(key)) return nullptr;
    const auto found = std::ranges::find_if(
        entries_, [&](const Entry& entry) { return wire::same_member(entry.key, key); });
    return found == entries_.end() ? nullptr : &found->value;
}

void Dict::set(Value key, Value value) {
    wire::require_hashable(key);
    if (const Value* found = find_key(key)) {
        *const_cast<Value*>(found) = std::move(value);
    } else {
        entries_.push_back({std::move(key), std::move(value)});
    }
}

bool Dict::erase(std::string_view key) {
    return std::erase_if(entries_, [&](const Entry& entry) { return entry.key.as_str() == key; }) !=
           0;
}

bool Dict::operator==(const Dict& other) const {
    return order_of(*this, other) == 0;
}

std::optional<ByteView> Value::as_bytes() const noexcept {
    const auto* bytes = std::get_if<Bytes>(&data_);
    return bytes ? std::optional<ByteView>(bytes->data) : std::nullopt;
}

std::optional<ByteView> Value::as_bytearray() const noexcept {
    const auto* bytes = std::get_if<ByteArray>(&data_);
    return bytes ? std::optional<ByteView>(bytes->data) : std::nullopt;
}

std::optional<std::string_view> Value::as_str() const noexcept {
    const auto* text = std::get_if<std::string>(&data_);
    return text ? std::optional<std::string_view>(*text) : std::nullopt;
}

std::optional<bool> Value::as_bool() const noexcept {
    const auto* truth = std::get_if<bool>(&data_);
    return truth ? std::optional(*truth) : std::nullopt;
}

std::optional<double> Value::as_float() const noexcept {
    const auto* number = std::get_if<double>(&data_);
    return number ? std::optional(*number) : std::nullopt;
}

std::optional<std::int64_t> Value::as_int() const noexcept {
    const auto* number = as_integer();
    return number ? number->to_int64() : std::nullopt;
}

std::optional<std::uint64_t> Value::as_uint() const noexcept {
    const auto* number = as_integer();
    return number ? number->to_uint64() : std::nullopt;
}

const Value* Value::find(std::string_view key) const noexcept {
    const Dict* dict = as_dict();
    return dict ? dict->find(key) : nullptr;
}

bool Value::operator==(const Value& other) const {
    return order(*this, other) == 0;
}

}  // namespace netaio
