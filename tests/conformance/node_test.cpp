#include <gtest/gtest.h>

#include <algorithm>

#include "core/layers.hpp"
#include "divergences.hpp"
#include "node_driver.hpp"

/// What nodes do with whole messages, in the cases of all files that describe nodes.
namespace netaio::node_cases {
namespace {

using vectors::Json;
using vectors::NodeDriver;

struct SentFrame {
    std::string bytes;
    OwnedMessage message;  // without the node's own layer, as far as that opens
};

std::vector<SentFrame> frames_in(std::string frames, NodeDriver& driver) {
    std::vector<SentFrame> found;
    std::span<char> rest(frames);
    while (!rest.empty()) {
        const auto frame = next_frame(rest, {});
        if (!frame || !*frame) {
            break;
        }
        const auto bytes = rest.first((*frame)->header.frame_size());
        auto message = (*frame)->message();
        if (message) {
            SentFrame sent{std::string(bytes.data(), bytes.size()), message->own()};
            OwnedMessage opened = message->own();
            if (!core::open_layer(opened, driver.node().outer.get(),
                                  driver.node().context(nullptr))) {
                sent.message = std::move(opened);
            }
            found.push_back(std::move(sent));
        }
        rest = rest.subspan(bytes.size());
    }
    return found;
}

bool is_automatic(const Message& message) {
    return message.type() == MessageType::auth_error || message.type() == MessageType::not_found ||
           (message.type() == MessageType::error && message.content() == "invalid message");
}

// What ours sends where it differs (protocol.md §4, §10): an automatic reply carries the uri of the
// message it answers, is not sent for types that expect no answer, and over UDP, unless the message
// was authenticated, not when it would be larger.
void expect_own_automatic_replies(const std::string& input, const std::string& theirs,
                                  const std::string& actual, NodeDriver& driver, bool udp) {
    const auto inputs = frames_in(input, driver);
    const auto expected = frames_in(theirs, driver);
    const auto got = frames_in(actual, driver);
    std::size_t next = 0;
    for (const SentFrame& one : expected) {
        if (!is_automatic(one.message)) {
            ASSERT_LT(next, got.size());
            EXPECT_EQ(vectors::to_hex(got[next++].bytes), vectors::to_hex(one.bytes));
            continue;
        }
        const bool silent_type = std::ranges::any_of(inputs, [](const SentFrame& in) {
            return static_cast<int>(in.message.type()) > 7 &&
                   static_cast<int>(in.message.type()) < 31;
        });
        if (next == got.size()) {
            EXPECT_TRUE(udp || (silent_type && one.message.type() == MessageType::not_found));
            continue;
        }
        const Message& reply = got[next].message;
        EXPECT_EQ(reply.type(), one.message.type());
        EXPECT_EQ(reply.content(), one.message.content());
        EXPECT_TRUE(reply.uri() == "ERROR" || std::ranges::any_of(inputs, [&](const SentFrame& in) {
                        return in.message.uri() == reply.uri();
                    }));
        EXPECT_TRUE(!udp || driver.node().outer.get().auth ||
                    got[next].bytes.size() <= input.size());
        ++next;
    }
    EXPECT_EQ(next, got.size());
}

constexpr std::string_view refused_outside = "refused through the outer layer";

// The reference's refusal of an inner layer, behind the node's own plugins (protocol.md §3).
void expect_refusal(const std::string& theirs, const std::string& actual, NodeDriver& driver) {
    auto expected = decode_message(theirs, driver.node().types);
    auto got = decode_message(actual, driver.node().types);
    ASSERT_TRUE(expected && got);
    EXPECT_FALSE(core::open_layer(*got, driver.node().outer.get(), driver.node().context(nullptr)));
    EXPECT_EQ(got->type(), expected->type());
    EXPECT_EQ(got->content(), expected->content());
}

void expect_sent(std::string_view ours, const std::string& input, const std::string& theirs,
                 const std::string& actual, NodeDriver& driver, bool udp) {
    if (ours == "own automatic replies" && actual != theirs) {
        expect_own_automatic_replies(input, theirs, actual, driver, udp);
    } else if (ours == refused_outside) {
        expect_refusal(theirs, actual, driver);
    } else if (ours == "silence") {
        EXPECT_EQ(vectors::to_hex(actual), "");
    } else {
        EXPECT_EQ(vectors::to_hex(actual), vectors::to_hex(theirs));
    }
}

void expect_handled(const Json& expected, const std::vector<OwnedMessage>& actual) {
    ASSERT_EQ(actual.size(), expected.size());
    for (std::size_t i = 0; i < actual.size(); ++i) {
        vectors::expect_message(expected.at(i), actual[i]);
    }
}

void expect_peers(const Json& expected, NodeDriver& driver) {
    const auto actual = driver.node().peers.all();
    ASSERT_EQ(actual.size(), expected.size());
    for (const Json& peer : expected) {
        const auto known =
            driver.node().peers.find_id(vectors::from_hex(peer.at("id").get<std::string>()));
        ASSERT_TRUE(known);
        EXPECT_EQ(vectors::to_hex(known->data), peer.at("data").at("v").get<std::string>());
        EXPECT_EQ(known->addresses.size(), peer.at("addr_count").get<std::size_t>());
    }
}

std::string_view ours_in(std::string_view file, const Json& one) {
    const auto* divergence = divergences::find(file, one.at("name").get<std::string>());
    return divergence ? divergence->ours : std::string_view();
}

void check_server(std::string_view file, const Json& one) {
    NodeDriver driver(one, core::Role::server);
    const std::string input = vectors::bytes_field(one.at("data"));
    const std::string_view ours = ours_in(file, one);
    if (ours == refused_outside) {
        // The case has no random bytes for what the reference sends bare.
        driver.node().environment.random = std::make_shared<test::CountingRandom>();
    }
    driver.feed_stream(input);
    const Json& expect = one.at("expect");
    if (ours == "malformed") {
        EXPECT_TRUE(driver.ended);
        EXPECT_TRUE(driver.handled.empty());
        EXPECT_EQ(driver.sent, "");
        return;
    }
    expect_handled(expect.at("handled"), driver.handled);
    expect_sent(ours, input, vectors::bytes_field(expect.at("sent")), driver.sent, driver, false);
    if (ours == "the peer stays") {
        EXPECT_EQ(driver.node().peers.all().size(), 1u);
    } else if (expect.contains("peers")) {
        expect_peers(expect.at("peers"), driver);
    }
}

void check_datagrams(std::string_view file, const Json& one) {
    NodeDriver driver(one, core::Role::node);
    const Json& expect = one.at("expect");
    const std::string_view ours = ours_in(file, one);
    for (const Json& announced : expect.value("advertised", Json::array())) {
        EXPECT_EQ(vectors::to_hex(driver.management_message(MessageType::advertise_peer)),
                  announced.get<std::string>());
    }
    for (std::size_t i = 0; i < one.at("datagrams").size(); ++i) {
        const Json& step = expect.at("steps").at(i);
        const std::string input = vectors::bytes_field(one.at("datagrams").at(i));
        driver.handled.clear();
        driver.sent.clear();
        const bool parsed = driver.feed_datagram(input);
        EXPECT_TRUE(parsed || driver.sent.empty());
        std::string theirs;
        for (const Json& datagram : step.at("sent")) {
            theirs += vectors::bytes_field(datagram);
        }
        expect_handled(step.at("handled"), driver.handled);
        expect_sent(ours, input, theirs, driver.sent, driver, true);
        if (step.contains("peers") && ours != "the peer stays") {
            expect_peers(step.at("peers"), driver);
        }
    }
    if (ours == "the peer stays") {
        EXPECT_EQ(driver.node().peers.all().size(), 1u);
    }
    for (const Json& last : expect.value("on_stop", Json::array())) {
        EXPECT_EQ(vectors::to_hex(driver.management_message(MessageType::disconnect)),
                  last.get<std::string>());
    }
}

void check_client(const Json& one) {
    NodeDriver driver(one, core::Role::client);
    driver.feed_stream(vectors::bytes_field(one.at("data")));
    const Json& expect = one.at("expect");
    if (ours_in("message", one) == "malformed") {
        EXPECT_TRUE(driver.ended);
        EXPECT_TRUE(driver.returned.empty());
        return;
    }
    expect_handled(expect.at("handled"), driver.handled);
    std::size_t i = 0;
    for (const Json& returned : expect.at("returned")) {
        if (returned.is_object() && returned.contains("error")) {
            // The reference raises; ours ends the connection, or waits for the rest of the frame.
            EXPECT_EQ(driver.returned.size(), i);
            break;
        }
        ASSERT_LT(i, driver.returned.size());
        ASSERT_EQ(driver.returned[i].has_value(), !returned.is_null());
        if (driver.returned[i]) {
            vectors::expect_message(returned, *driver.returned[i]);
        }
        ++i;
    }
    EXPECT_EQ(driver.sent, "");
}

TEST(NodeConformance, ServersDoAsTheReferenceDoes) {
    for (const std::string_view file : {"message", "stream_cipher", "peer"}) {
        vectors::for_each_case(file, "tcp_server",
                               [&](const Json& one) { check_server(file, one); });
    }
}

TEST(NodeConformance, DatagramNodesDoAsTheReferenceDoes) {
    for (const std::string_view file : {"message", "stream_cipher", "peer"}) {
        vectors::for_each_case(file, "udp", [&](const Json& one) { check_datagrams(file, one); });
    }
}

TEST(NodeConformance, ClientsDoAsTheReferenceDoes) {
    vectors::for_each_case("message", "tcp_client", check_client);
}

}  // namespace
}  // namespace netaio::node_cases
