#include "vectors.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <bit>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <stdexcept>

namespace netaio::vectors {
namespace {

std::string folder() {
    const char* given = std::getenv("NETAIO_VECTORS");
    return given != nullptr && *given != '\0' ? given : NETAIO_VECTORS_DIR;
}

Json load(const std::string& path) {
    std::ifstream in(path);
    if (!in) throw std::runtime_error("cannot read " + path + "; set NETAIO_VECTORS to its folder");
    Json file = Json::parse(in);
    Json& all = file.at(file.contains("cases") ? "cases" : "vectors");
    if (!all.is_array() || all.empty()) throw std::runtime_error(path + " has no cases");
    return std::move(all);
}

std::string reference_folder() {
    const char* given = std::getenv("NETAIO_REFERENCE_VECTORS");
    if (given != nullptr && *given != '\0') return given;
    return NETAIO_VECTORS_DIR "/../../../shared/vectors/reference";
}

const Json& load_once(const std::string& path) {
    static std::map<std::string, Json> loaded;
    const auto found = loaded.find(path);
    return found != loaded.end() ? found->second : loaded.emplace(path, load(path)).first->second;
}

void run_each(const Json& all, std::string_view kind, const std::string& where,
              const std::function<void(const Json&)>& run) {
    std::size_t count = 0;
    for (const Json& one : all) {
        if (one.value("kind", "") != kind) continue;
        ++count;
        const auto name = one.at("name").get<std::string>();
        SCOPED_TRACE(name);
        try {
            run(one);
        } catch (const std::exception& error) {
            ADD_FAILURE() << "threw " << error.what();
        }
    }
    EXPECT_NE(count, 0U) << where << " has no cases of kind " << kind;
    std::cout << where << " " << kind << ": " << count << " cases\n";
}

unsigned digit_of(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    throw std::invalid_argument("not a hex digit: " + std::string(1, c));
}

std::string repeated(const std::string& unit, std::size_t count) {
    std::string out;
    out.reserve(unit.size() * count);
    for (std::size_t i = 0; i < count; ++i) {
        out += unit;
    }
    return out;
}

std::string content_of(const Json& tagged) {
    if (const auto rep = tagged.find("rep"); rep != tagged.end()) {
        return repeated(from_hex(rep->at(0).get<std::string>()), rep->at(1).get<std::size_t>());
    }
    return from_hex(tagged.at("v").get<std::string>());
}

double float_of(const std::string& hex) {
    std::uint64_t bits = 0;
    for (const char octet : from_hex(hex)) {
        bits = bits << 8 | static_cast<std::uint8_t>(octet);
    }
    return std::bit_cast<double>(bits);
}

Integer integer_of(const std::string& digits) {
    auto number = Integer::parse(digits);
    if (!number) throw std::invalid_argument("not a whole number: " + digits);
    return *number;
}

std::vector<Value> items_of(const Json& tagged) {
    std::vector<Value> items;
    for (const Json& item : tagged.at("v")) {
        items.push_back(value_of(item));
    }
    return items;
}

Dict dict_of(const Json& tagged) {
    std::vector<Dict::Entry> entries;
    for (const Json& pair : tagged.at("v")) {
        entries.push_back({value_of(pair.at(0)), value_of(pair.at(1))});
    }
    return Dict(std::move(entries));
}

}  // namespace

const Json& cases(std::string_view file) {
    return load_once(folder() + "/" + std::string(file) + ".json");
}

void for_each_case(std::string_view file, std::string_view kind,
                   const std::function<void(const Json&)>& run) {
    run_each(cases(file), kind, std::string(file), run);
}

void for_each_reference_case(std::string_view file, std::string_view kind,
                             const std::function<void(const Json&)>& run) {
    const std::string path = reference_folder() + "/" + std::string(file) + ".json";
    if (!std::filesystem::exists(path)) {
        GTEST_SKIP() << "there is no " << path << "; set NETAIO_REFERENCE_VECTORS to its folder";
    }
    run_each(load_once(path), kind, "reference/" + std::string(file), run);
}

std::string from_hex(std::string_view hex) {
    if (hex.size() % 2 != 0) throw std::invalid_argument("an odd number of hex digits");
    std::string out;
    out.reserve(hex.size() / 2);
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        out.push_back(static_cast<char>(digit_of(hex[i]) << 4 | digit_of(hex[i + 1])));
    }
    return out;
}

std::string to_hex(ByteView bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto octet = static_cast<std::uint8_t>(c);
        out.push_back(digits[octet >> 4]);
        out.push_back(digits[octet & 15]);
    }
    return out;
}

std::string bytes_field(const Json& field) {
    if (field.is_string()) return from_hex(field.get<std::string>());
    std::string out;
    for (const Json& part : field) {
        out += repeated(from_hex(part.at(0).get<std::string>()), part.at(1).get<std::size_t>());
    }
    return out;
}

Value value_of(const Json& tagged) {
    const auto tag = tagged.at("t").get<std::string>();
    if (tag == "none") return {};
    if (tag == "bytes") return Bytes(content_of(tagged));
    if (tag == "bytearray") return ByteArray(content_of(tagged));
    if (tag == "bool") return tagged.at("v").get<bool>();
    if (tag == "list") return List(items_of(tagged));
    if (tag == "tuple") return Tuple(items_of(tagged));
    if (tag == "set") return Set(items_of(tagged));
    if (tag == "dict") return dict_of(tagged);

    const Json& text = tagged.contains("v") ? tagged.at("v") : tagged;
    if (tag == "str") return text.get<std::string>();
    if (tag == "int") return integer_of(text.get<std::string>());
    if (tag == "float") return float_of(text.get<std::string>());
    if (tag == "decimal") return Decimal(text.get<std::string>());
    throw std::invalid_argument("no value for the tag " + tag);
}

const Json* config_field(const Json& tagged_dict, std::string_view name) {
    for (const Json& pair : tagged_dict.at("v")) {
        if (pair.at(0).at("v") == name) return &pair.at(1);
    }
    return nullptr;
}

bool expects_error(const Json& one_case) {
    return one_case.at("expect").contains("error");
}

void expect_bytes(const Json& expected, ByteView actual) {
    if (expected.is_string()) {
        EXPECT_EQ(to_hex(actual), expected.get<std::string>());
    } else if (expected.contains("hex")) {
        EXPECT_EQ(to_hex(actual), expected.at("hex").get<std::string>());
    } else {
        EXPECT_EQ(actual.size(), expected.at("len").get<std::size_t>());
        EXPECT_EQ(sha256_hex(actual), expected.at("sha256").get<std::string>());
    }
}

std::string sha256_hex(ByteView bytes) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr) != 1) {
        throw std::runtime_error("SHA-256 is not available");
    }
    return to_hex(std::string_view(reinterpret_cast<const char*>(digest), size));
}

}  // namespace netaio::vectors
