#include <gtest/gtest.h>

#include <netaio/default_peer.hpp>
#include <netaio/frame.hpp>
#include <netaio/make.hpp>

#include "cases.hpp"
#include "core/dispatcher.hpp"
#include "core/layers.hpp"
#include "core/peer_handler.hpp"
#include "divergences.hpp"

namespace netaio::message_cases {
namespace {

using vectors::Json;

std::string_view ours_in(const Json& one) {
    const auto* divergence = divergences::find("message", one.at("name").get<std::string>());
    return divergence ? divergence->ours : std::string_view();
}

void check_encode(const Json& one) {
    const Json& given = one.at("message");
    if (vectors::expects_error(one) && ours_in(one) != "any type") {
        const std::string uri = vectors::bytes_field(given.at("uri"));
        const auto made =
            OwnedMessage::make(MessageType::ok, uri, vectors::bytes_field(given.at("content")));
        std::string unused;
        const auto refused =
            made ? encode_message(vectors::message_of(given), unused) : made.error();
        EXPECT_EQ(refused, Errc::too_large);
        EXPECT_TRUE(unused.empty());
        return;
    }
    std::string encoded;
    ASSERT_FALSE(encode_message(vectors::message_of(given), encoded));
    const Json& expect = one.at("expect");
    if (ours_in(one) == "any type") {
        EXPECT_FALSE(MessageTypes().contains(vectors::message_of(given).type()));
        EXPECT_EQ(decode_message(encoded).error(), Errc::unknown_message_type);
        return;
    }
    vectors::expect_bytes(expect.at("encoded"), encoded);
    const auto header =
        FrameHeader::read(std::span<const char, FrameHeader::size>(encoded.data(), 9));
    EXPECT_EQ(header.auth_size, expect.at("auth_length").get<int>());
    EXPECT_EQ(header.body_size, expect.at("body_length").get<int>());
    EXPECT_EQ(header.checksum, expect.at("checksum").get<std::uint32_t>());
    EXPECT_EQ(vectors::sha256_hex(ByteView(encoded).substr(9u + header.auth_size)),
              expect.at("body_sha256").get<std::string>());
}

void check_decode(const Json& one) {
    MessageTypes types;
    const Json extra = one.value("extra_types", Json::object());
    for (const auto& [name, value] : extra.items()) {
        types.add(name, value.get<int>());
    }
    const auto message = decode_message(vectors::bytes_field(one.at("data")), types);
    if (vectors::expects_error(one) || ours_in(one) == "malformed") {
        EXPECT_TRUE(message.has_error());
        return;
    }
    ASSERT_TRUE(message) << message.error().message();
    vectors::expect_message(one.at("expect").at("message"), *message);
}

void check_header(const Json& one) {
    std::string data = vectors::bytes_field(one.at("data"));
    if (vectors::expects_error(one)) {
        EXPECT_EQ(datagram_frame(data, {}).error(), Errc::malformed);
        EXPECT_FALSE(next_frame(data, {}).value());
        return;
    }
    const Json& expect = one.at("expect").at("header");
    const auto header = FrameHeader::read(std::span<const char, FrameHeader::size>(data.data(), 9));
    EXPECT_EQ(static_cast<int>(header.type), expect.at("type").get<int>());
    EXPECT_EQ(header.auth_size, expect.at("auth_length").get<int>());
    EXPECT_EQ(header.body_size, expect.at("body_length").get<int>());
    EXPECT_EQ(header.checksum, expect.at("checksum").get<std::uint32_t>());
    std::array<char, FrameHeader::size> encoded{};
    header.write(encoded);
    EXPECT_EQ(vectors::to_hex({encoded.data(), encoded.size()}),
              expect.at("encoded").get<std::string>());
}

void check_body(const Json& one) {
    std::string data = vectors::bytes_field(one.at("data"));
    const auto body = Body::over(data);
    ASSERT_EQ(body.has_error(), vectors::expects_error(one));
    if (body) {
        const Json& expect = one.at("expect").at("body");
        EXPECT_EQ(vectors::to_hex(body->uri()), expect.at("uri").get<std::string>());
        EXPECT_EQ(vectors::to_hex(body->content()), expect.at("content").get<std::string>());
    }
}

void check_auth_fields(const Json& one) {
    const std::string data = vectors::bytes_field(one.at("data"));
    AuthFields fields;
    const auto error = fields.parse(data);
    if (vectors::expects_error(one) || ours_in(one) == "malformed") {
        EXPECT_EQ(error, Errc::malformed);
        return;
    }
    ASSERT_FALSE(error);
    std::string encoded;
    ASSERT_FALSE(fields.encode_to(encoded));
    EXPECT_EQ(vectors::to_hex(encoded), one.at("expect").at("encoded").get<std::string>());
}

void check_prepare(const Json& one) {
    const auto uri = one.at("uri_len").get<std::size_t>();
    const auto content = one.at("content_len").get<std::size_t>();
    const auto overhead = one.value("overhead", std::ptrdiff_t{0});
    EXPECT_EQ(Body::fits(uri + content, overhead), !vectors::expects_error(one));
    if (overhead == 0) {
        const auto made =
            OwnedMessage::make(MessageType::ok, std::string(uri, 'u'), std::string(content, 'c'));
        EXPECT_EQ(made.has_error(), vectors::expects_error(one));
    }
}

std::string argument(const Json& one, std::size_t position, const char* name,
                     const std::string& otherwise) {
    const auto bytes = [](const Value& value) {
        return value.as_str() ? std::string(*value.as_str()) : value.as_bytes().value().str();
    };
    const Json& args = one.at("args").at("v");
    if (position < args.size()) {
        return bytes(vectors::value_of(args.at(position)));
    }
    const Json* field = vectors::config_field(one.at("kwargs"), name);
    return field ? bytes(vectors::value_of(*field)) : otherwise;
}

OwnedMessage made_by_helper(const Json& one) {
    const auto function = one.at("function").get<std::string>();
    if (function == "make_ok_msg") {
        return ok(argument(one, 1, "uri", ""), argument(one, 0, "content", ""));
    }
    if (function == "make_respond_uri_msg") {
        return respond(argument(one, 1, "uri", ""), argument(one, 0, "content", ""));
    }
    if (function == "make_not_found_msg") {
        return not_found(argument(one, 1, "uri", ""), argument(one, 0, "msg", "not found"));
    }
    if (function == "make_not_permitted_msg") {
        return not_permitted(argument(one, 1, "uri", ""), argument(one, 0, "msg", "not permitted"));
    }
    const std::string text = argument(one, 0, "msg", "");
    const std::string uri = argument(one, 1, "uri", "ERROR");
    const Json* type = vectors::config_field(one.at("kwargs"), "message_type");
    const int given = type ? std::stoi(type->at("v").get<std::string>()) : 0;
    return given ? OwnedMessage(static_cast<MessageType>(given), uri, text)
                 : OwnedMessage(error_type(text), uri, text);
}

void check_helper(const Json& one) {
    if (ours_in(one) == "any type") {
        // Making a message of a type does not ask who knows it; receiving one does.
        EXPECT_FALSE(MessageTypes().contains(made_by_helper(one).type()));
        return;
    }
    ASSERT_FALSE(vectors::expects_error(one));
    EXPECT_EQ(vectors::to_hex(vectors::encode(made_by_helper(one))),
              one.at("expect").at("encoded").get<std::string>());
}

void check_custom_types(const Json& one) {
    MessageTypes types;
    const auto add_all = [&] {
        for (const auto& [name, value] : one.at("types").items()) {
            types.add(name, value.get<int>());
        }
    };
    if (vectors::expects_error(one)) {
        EXPECT_THROW(add_all(), std::invalid_argument);
        return;
    }
    add_all();
    for (const auto& [name, value] : one.at("expect").at("all").items()) {
        EXPECT_EQ(types.find(name), static_cast<MessageType>(value.get<int>()));
        EXPECT_EQ(types.name(static_cast<MessageType>(value.get<int>())), name);
    }
}

// Which of several handlers is found shows the keys and their order.
void check_keys(const Json& one) {
    class Silent final : public core::Handler {
    public:
        Silent() : Handler(false) {}
        std::optional<OwnedMessage> call(const Message&, core::Source&) const override {
            return {};
        }
    };
    const OwnedMessage message = vectors::message_of(one.at("message"));
    const Address from = *Address::parse("192.0.2.1", 4000);
    const std::vector<Key> keys{
        {message.type(), message.uri(), from}, {message.type(), message.uri()}, {message.type()}};
    core::Router router;
    core::RouteReader reader(router);
    std::vector<std::shared_ptr<const core::Handler>> handlers;
    for (const Key& key : keys) {
        handlers.push_back(std::make_shared<Silent>());
        router.add(key, {handlers.back(), {}});
    }
    const KeyList list{KeyView{message.type(), message.uri(), &from},
                       KeyView{message.type(), message.uri()}, KeyView{message.type()}};
    ASSERT_EQ(one.at("expect").at("keys").size(), keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        std::shared_ptr<const core::Route> taken;
        EXPECT_EQ(reader.find(list, taken)->handler, handlers[i]);
        router.remove(keys[i]);
    }
}

void check_client_messages(const Json& one) {
    const Json& local = one.at("local_peer");
    const auto* divergence = divergences::find("peer", one.at("name").get<std::string>());
    if (divergence && divergence->ours == "not representable") {
        EXPECT_TRUE(local.at("id").at("t") == "none" || local.at("data").at("t") == "none");
        return;
    }
    const vectors::CaseEnvironment environment(one);
    const auto text = [&](const char* name) {
        return vectors::from_hex(local.at(name).at("v").get<std::string>());
    };
    const Peer peer{.id = text("id"), .data = text("data")};
    const std::string app_id = vectors::from_hex(one.at("app_id").get<std::string>());
    const PluginContext context{environment.environment, &peer};
    const auto plugin = [&](const char* name) {
        return one.contains(name) ? one.at(name) : Json();
    };
    const auto auth = vectors::auth_plugin(plugin("auth"), Dialect::v0_0_9);
    const auto cipher = vectors::cipher_plugin(plugin("cipher"), Dialect::v0_0_9);
    OwnedMessage advertise =
        *core::peer_message(MessageType::advertise_peer, app_id, peer, DefaultPeer());
    OwnedMessage disconnect =
        *core::peer_message(MessageType::disconnect, app_id, peer, DefaultPeer());
    // The reference draws the random bytes of both ciphers before those of both tags.
    for (const Plugins& layer : {Plugins{nullptr, cipher}, Plugins{auth, nullptr}}) {
        ASSERT_FALSE(core::seal(advertise, {}, layer, context));
        ASSERT_FALSE(core::seal(disconnect, {}, layer, context));
    }
    EXPECT_EQ(vectors::to_hex(vectors::encode(advertise)),
              one.at("expect").at("advertise").get<std::string>());
    EXPECT_EQ(vectors::to_hex(vectors::encode(disconnect)),
              one.at("expect").at("disconnect").get<std::string>());
}

TEST(MessageConformance, Encodes) {
    vectors::for_each_case("message", "encode", check_encode);
}
TEST(MessageConformance, Decodes) {
    vectors::for_each_case("message", "decode", check_decode);
}
TEST(MessageConformance, ReadsHeaders) {
    vectors::for_each_case("message", "header", check_header);
}
TEST(MessageConformance, ReadsBodies) {
    vectors::for_each_case("message", "body", check_body);
}
TEST(MessageConformance, ReadsAuthFields) {
    vectors::for_each_case("message", "auth_fields", check_auth_fields);
}
TEST(MessageConformance, KeepsTheSizeRule) {
    vectors::for_each_case("message", "prepare", check_prepare);
}
TEST(MessageConformance, MakesTheUsualMessages) {
    vectors::for_each_case("message", "helper", check_helper);
}
TEST(MessageConformance, ChecksCustomTypes) {
    vectors::for_each_case("message", "custom_types", check_custom_types);
}
TEST(MessageConformance, RoutesByTheReferencesKeys) {
    vectors::for_each_case("message", "keys", check_keys);
}
TEST(MessageConformance, IntroducesPeersAsClientsDo) {
    vectors::for_each_case("peer", "client_messages", check_client_messages);
}

}  // namespace
}  // namespace netaio::message_cases
