#pragma once

#include <gtest/gtest.h>

#include <netaio/packify.hpp>
#include <netaio/testing.hpp>

#include "relay.hpp"
#include "support/fixed_environment.hpp"
#include "support/temporary_folder.hpp"

/// A relay in a network and a time of its own, and people who ask it.
namespace netaio::chat_app::test {

using namespace std::chrono_literals;
using namespace netaio::test;

inline chat::Identity person(char which) {
    return chat::Identity(*chat::SecretKey::parse(std::string(32, which)));
}

inline const Secret relay_seed(std::string(32, 'r'));

inline TcpClientOptions knowing_the_relay(const TestNetwork& network) {
    TcpClientOptions options = network.options(TcpClientOptions());
    options.session = {.policy = SessionPolicy::require, .peer_keys = {session_key(relay_seed)}};
    return options;
}

/// Somebody at a relay, who asks what a test says.
class Guest {
public:
    Guest(TestNetwork& network, char which)
        : owner(person(which)),
          mailbox(mailbox_of(owner.public_key())),
          network_(network),
          client(network.executor(), knowing_the_relay(network)) {
        client.on(notify_uri,
                  [this](const Message& message) { told.push_back(message.uri().str()); });
        network.run(client.connect(TestNetwork::address("relay")));
        client.start_receive_loop();
    }

    OwnedMessage ask(MessageType type, const std::string& uri, ByteView content = {}) {
        const RequestOptions options{};
        return network_.run(client.exchange(type, uri, content, options), 20s);
    }
    std::string said(MessageType type, const std::string& uri, ByteView content = {}) {
        const OwnedMessage reply = ask(type, uri, content);
        return std::string(built_in_name(reply.type())) +
               (is_error(reply.type(), MessageTypes()) ? ": " + reply.content().str() : "");
    }
    std::string challenge() { return ask(request_uri, std::string(challenge_uri)).content().str(); }
    // What proves that the mailbox is the guest's.
    OwnerProof proof() { return OwnerProof::make(owner, challenge(), session_key(relay_seed)); }
    std::string subscribe() { return said(subscribe_uri, mailbox_uri(mailbox), proof().packed()); }
    std::string put(const Guest& to, ByteView envelope) {
        return said(create_uri, mailbox_uri(to.mailbox), envelope);
    }
    std::vector<chat::WaitingEnvelope> fetch(std::uint64_t after = 0, std::size_t max = 100) {
        const auto reply = ask(request_uri, mailbox_uri(mailbox), FetchTerms{after, max}.packed());
        const auto envelopes = parse_envelopes(reply.content());
        EXPECT_TRUE(envelopes.has_value()) << reply.content();
        return envelopes ? *envelopes : std::vector<chat::WaitingEnvelope>();
    }
    std::string acknowledge(const std::vector<std::uint64_t>& numbers) {
        return said(delete_uri, mailbox_uri(mailbox), pack_numbers(numbers));
    }
    std::string publish(const PublishedPrekeys& prekeys) {
        return said(update_uri, prekeys_uri(mailbox), prekeys.packed());
    }
    // What was handed out as the one-time prekey; empty for none.
    std::string one_time_of(const Guest& whom) {
        const auto reply = ask(request_uri, prekeys_uri(whom.mailbox));
        EXPECT_EQ(reply.type(), MessageType::respond_uri) << reply.content();
        const auto value = unpack(reply.content());
        const Value* one_time = value ? value->find("one_time") : nullptr;
        return one_time ? one_time->as_bytes()->str() : "";
    }

    chat::Identity owner;
    chat::MailboxName mailbox;
    std::vector<std::string> told;

private:
    TestNetwork& network_;

public:
    TcpClient client;
};

class RelayTest : public ::testing::Test {
protected:
    void SetUp() override { restart(); }
    void restart() {
        relay.reset();
        network.run();
        options.server = network.options(TcpServerOptions(), "relay");
        options.file = folder.file("mailboxes.db");
        options.seed = seed;
        relay.emplace(network.executor(), options);
        ASSERT_FALSE(relay->start());
    }

    TestNetwork network;
    TemporaryFolder folder;
    RelayOptions options;
    Secret seed = relay_seed;
    std::optional<Relay> relay;
};

}  // namespace netaio::chat_app::test
