// Auth fields must hold what unpack() reads, write what pack() writes, and stay so through changes.
// A plugin of several secrets must say of whatever fields what a plugin of each one says.

#include <fuzzer/FuzzedDataProvider.h>

#include <map>
#include <netaio/auth_fields.hpp>
#include <netaio/environment.hpp>
#include <netaio/hmac_auth.hpp>
#include <netaio/packify.hpp>

#include "support.hpp"

namespace {

using namespace netaio;
using fuzz::require;
using Model = std::map<std::string, Value>;

Model model_of(ByteView encoded) {
    Model model;
    const auto value = unpack(encoded);
    require(value && value->as_dict());
    for (const auto& [key, content] : *value->as_dict()) {
        require(key.as_str().has_value());
        model[std::string(*key.as_str())] = content;
    }
    return model;
}

void check_field(const AuthFields& fields, const std::string& name, const Value& value) {
    const auto bytes = value.as_bytes() ? value.as_bytes() : value.as_bytearray();
    require(fields.contains(name));
    require(fields.bytes(name) == bytes);
    require(fields.integer(name) == value.as_uint());
}

void check(const AuthFields& fields, const Model& model) {
    require(fields.size() == model.size());
    std::vector<Dict::Entry> entries;
    for (const auto& [name, value] : model) {
        check_field(fields, name, value);
        entries.push_back({name, value});
    }
    std::string encoded;
    const auto error = fields.encode_to(encoded);
    const auto packed = pack(Dict(std::move(entries)));
    require(packed.has_value());
    require(error ? encoded.empty() && packed->size() > 0xffff : encoded == *packed);
    if (!error && fields.size() <= 256) {
        AuthFields again;
        require(!again.parse(encoded) && again.size() == fields.size());
    }
}

void change(AuthFields& fields, Model& model, FuzzedDataProvider& input) {
    const std::string name(input.ConsumeIntegralInRange<std::size_t>(0, 3), 'a');
    switch (input.ConsumeIntegralInRange(0, 4)) {
        case 0: {
            const std::string value = input.ConsumeRandomLengthString(300);
            fields.set(name, value);
            model[name] = Bytes(value);
            break;
        }
        case 1: {
            const auto value = input.ConsumeIntegral<std::uint64_t>();
            fields.set_integer(name, value);
            model[name] = value;
            break;
        }
        case 2:
            fields.erase(name);
            model.erase(name);
            break;
        case 3:
            fields = fields.clone();
            require(fields.owns());
            break;
        default:
            if (const auto value = fields.bytes("a")) {
                model[name] = Bytes(*value);
                fields.set(name, *value);
            }
    }
}

void check_secrets(AuthFields& fields, std::uint8_t sender) {
    static const Environment environment;
    static const HmacAuth each[] = {
        HmacAuth({.secrets = {{"a", "one"}}}), HmacAuth({.secrets = {{"b", "two"}}}),
        HmacAuth({.secrets = {{"c", "three"}}}), HmacAuth({.secret = "stranger"})};
    static const HmacAuth all({.secrets = {{"a", "one"}, {"b", "two"}, {"c", "three"}}});
    constexpr ByteView body("\0\3uricontent", 12);
    if (sender < 8) {
        (void)each[sender % 4].make(fields, body, {.environment = environment});
    }
    Identities expected;
    for (std::size_t i = 0; i < 3; ++i) {
        Verdict verdict;
        if (each[i].check(fields, body, {.environment = environment, .verdict = &verdict})) {
            require(expected.empty() && !verdict.who.empty());
            expected = verdict.who;
        }
    }
    Verdict verdict;
    const bool accepted =
        all.check(fields, body, {.environment = environment, .verdict = &verdict});
    require(accepted == !expected.empty() && verdict.who == expected);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    FuzzedDataProvider input(data, size);
    const std::size_t changes = input.ConsumeIntegralInRange<std::size_t>(0, 20);
    const std::string script = input.ConsumeRandomLengthString(200);
    const std::string encoded = input.ConsumeRemainingBytesAsString();
    AuthFields fields;
    Model model;
    if (fields.parse(encoded)) {
        require(fields.empty());
    } else {
        model = model_of(encoded);
        check(fields, model);
    }
    FuzzedDataProvider steps(reinterpret_cast<const std::uint8_t*>(script.data()), script.size());
    for (std::size_t i = 0; i < changes; ++i) {
        change(fields, model, steps);
    }
    check(fields, model);
    check_secrets(fields, steps.ConsumeIntegral<std::uint8_t>());
    return 0;
}
