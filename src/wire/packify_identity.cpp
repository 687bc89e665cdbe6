#include "packify_identity.hpp"

#include <bit>
#include <cmath>
#include <stdexcept>

#include "packify_decimal.hpp"

namespace netaio::wire {
namespace {

class IdentityWriter {
public:
    explicit IdentityWriter(std::size_t& nans) noexcept : nans_(nans) {}

    void write(const Value& value) {
        out_.push_back(static_cast<char>(value.type()));
        std::visit([this](const auto& content) { content_of(content); }, value.data());
    }

    std::string take() { return std::move(out_); }

private:
    void content_of(std::monostate) {}
    void content_of(const Bytes& bytes) { sized(bytes.data); }
    void content_of(const std::string& text) { sized(text); }
    void content_of(bool truth) { out_.push_back(truth ? '1' : '0'); }

    void content_of(const Integer& number) {
        out_.push_back(number.is_negative() ? '-' : '+');
        sized(number.magnitude());
    }

    void content_of(double number) {
        if (std::isnan(number)) return unique();
        number = number == 0 ? 0.0 : number;  // -0.0 is 0.0
        sized(std::to_string(std::bit_cast<std::uint64_t>(number)));
    }

    void content_of(const Decimal& number) {
        if (number.is_nan()) return unique();
        sized(numeric_identity(number));
    }

    void content_of(const Tuple& tuple) {
        count(tuple.items.size());
        for (const Value& item : tuple.items) {
            write(item);
        }
    }

    void content_of(const Packable& packable) {
        sized(packable.name);
        sized(packable.data);
    }

    void content_of(const auto&) {}  // never hashable, so never here

    void count(std::size_t number) { out_.append(std::to_string(number)).push_back(':'); }

    void sized(std::string_view bytes) {
        count(bytes.size());
        out_.append(bytes);
    }

    void unique() {
        out_.push_back('n');
        count(nans_++);
    }

    std::size_t& nans_;
    std::string out_;
};

}  // namespace

bool is_hashable(const Value& value) noexcept {
    switch (value.type()) {
        case ValueType::bytearray:
        case ValueType::list:
        case ValueType::set:
        case ValueType::dict: return false;
        case ValueType::decimal: return !value.as_decimal()->is_signaling_nan();
        case ValueType::tuple: return std::ranges::all_of(value.as_tuple()->items, is_hashable);
        default: return true;
    }
}

void require_hashable(const Value& value) {
    if (!is_hashable(value)) {
        throw std::invalid_argument(
            "lists, sets, dicts, bytearrays, signaling NaNs and tuples of these cannot be members "
            "of a "
            "set or keys of a dict; use a tuple or bytes");
    }
}

std::string identity_of(const Value& value, std::size_t& nans) {
    IdentityWriter writer(nans);
    writer.write(value);
    return writer.take();
}

bool same_member(const Value& a, const Value& b) {
    if (a.type() != b.type()) return false;
    std::size_t nans = 0;
    const std::string identity = identity_of(a, nans);
    return identity == identity_of(b, nans);
}

}  // namespace netaio::wire
