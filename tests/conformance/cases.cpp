#include "cases.hpp"

#include <gtest/gtest.h>

#include <netaio/frame.hpp>
#include <netaio/packify.hpp>
#include <stdexcept>

#include "divergences.hpp"

namespace netaio::vectors {
namespace {

std::vector<std::string> fills_of(const Json& env) {
    std::vector<std::string> fills;
    for (const Json& hex : env.value("random", Json::array())) {
        fills.push_back(from_hex(hex.get<std::string>()));
    }
    return fills;
}

// A text or bytes field of a config, or what is there without it.
std::string config_bytes(const Json& config, std::string_view name, std::string otherwise) {
    const Json* field = config_field(config, name);
    if (!field) return otherwise;
    const Value value = value_of(*field);
    if (const auto text = value.as_str()) return std::string(*text);
    return value.as_bytes().value().str();
}

bool config_bool(const Json& config, std::string_view name, bool otherwise) {
    const Json* field = config_field(config, name);
    return field ? value_of(*field).as_bool().value() : otherwise;
}

}  // namespace

Dialect dialect_of(const Json& one) {
    const std::string version = one.value("version", "0.0.9");
    if (version == "0.0.9") return Dialect::v0_0_9;
    if (version == "0.0.8") return Dialect::v0_0_8;
    throw std::invalid_argument("no dialect " + version);
}

CaseEnvironment::CaseEnvironment(const Json& one) {
    const Json env = one.value("env", Json::object());
    random = std::make_shared<test::ScriptedRandom>(
        fills_of(env), env.value("splits", std::vector<std::uint32_t>()));
    environment.clock = std::make_shared<test::FixedClock>(
        std::chrono::seconds(env.value("time", std::int64_t{1'700'000'000})));
    environment.random = random;
}

HmacOptions hmac_options(const Json& config, Dialect dialect) {
    HmacOptions options;
    options.secret = config_bytes(config, "secret", "");
    options.hmac_field = config_bytes(config, "hmac_field", options.hmac_field);
    options.nonce_field = config_bytes(config, "nonce_field", options.nonce_field);
    options.ts_field = config_bytes(config, "ts_field", options.ts_field);
    options.dialect = dialect;
    return options;
}

StreamCipherOptions stream_options(const Json& config, Dialect dialect) {
    StreamCipherOptions options;
    options.key = config_bytes(config, "key", "");
    options.iv_field = config_bytes(config, "iv_field", options.iv_field);
    options.encrypt_uri = config_bool(config, "encrypt_uri", options.encrypt_uri);
    options.dialect = dialect;
    return options;
}

X25519Options x25519_options(const Json& config) {
    X25519Options options;
    options.seed = config_bytes(config, "seed", "");
    options.encrypt_uri = config_bool(config, "encrypt_uri", options.encrypt_uri);
    return options;
}

std::shared_ptr<const AuthPlugin> auth_plugin(const Json& plugin, Dialect dialect) {
    if (plugin.is_null()) return nullptr;
    const auto kind = plugin.at("plugin").get<std::string>();
    if (kind == "hmac") return hmac_auth(hmac_options(plugin.at("config"), dialect));
    throw std::invalid_argument("no auth plugin " + kind);
}

std::shared_ptr<const CipherPlugin> cipher_plugin(const Json& plugin, Dialect dialect) {
    if (plugin.is_null()) return nullptr;
    const auto kind = plugin.at("plugin").get<std::string>();
    if (kind == "stream") return stream_cipher(stream_options(plugin.at("config"), dialect));
    if (kind == "x25519") return x25519_cipher(x25519_options(plugin.at("config")));
    throw std::invalid_argument("no cipher plugin " + kind);
}

AuthFields fields_of(const Json& tagged) {
    const std::string packed = pack(value_of(tagged)).value();
    AuthFields fields;
    if (const auto error = fields.parse(packed)) {
        throw std::invalid_argument("not auth fields: " + error.message());
    }
    return fields.clone();
}

Value value_of(const AuthFields& fields) {
    std::string packed;
    if (const auto error = fields.encode_to(packed)) {
        throw std::invalid_argument("auth fields that have no encoding: " + error.message());
    }
    return unpack(packed).value();
}

OwnedMessage message_of(const Json& message) {
    OwnedMessage made(static_cast<MessageType>(message.at("type").get<std::uint8_t>()),
                      bytes_field(message.at("uri")), bytes_field(message.at("content")));
    made.auth() = fields_of(message.at("auth"));
    return made;
}

OwnedMessage decode(ByteView encoded) {
    std::string buffer = encoded.str();
    const auto header =
        FrameHeader::read(std::span(std::as_const(buffer)).first<FrameHeader::size>());
    const std::size_t body_at = FrameHeader::size + header.auth_size;
    const Frame frame{.header = header,
                      .auth = encoded.substr(FrameHeader::size, header.auth_size),
                      .body = std::span(buffer).subspan(body_at)};
    return frame.message().value().own();
}

std::string encode(const Message& message) {
    std::string bytes;
    if (const auto error = encode_message(message, bytes)) {
        throw std::invalid_argument("a message that has no encoding: " + error.message());
    }
    return bytes;
}

void expect_message(const Json& expected, const Message& actual) {
    EXPECT_EQ(static_cast<int>(actual.type()), expected.at("type").get<int>());
    EXPECT_EQ(to_hex(actual.uri()), to_hex(bytes_field(expected.at("uri"))));
    EXPECT_EQ(to_hex(actual.content()), to_hex(bytes_field(expected.at("content"))));
    EXPECT_TRUE(value_of(actual.auth()) == value_of(expected.at("auth")));
}

std::string_view divergence(std::string_view file, const Json& one) {
    const auto* entry = divergences::find(file, one.at("name").get<std::string>());
    return entry ? entry->ours : std::string_view();
}

}  // namespace netaio::vectors
