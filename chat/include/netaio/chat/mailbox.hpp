#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <netaio/bytes.hpp>
#include <netaio/environment.hpp>
#include <netaio/errc.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace netaio::chat {

/// Names a mailbox, and nobody who does not know whose it is.
using MailboxName = std::array<unsigned char, 32>;

/// What a relay keeps for others at most.
struct MailboxLimits {
    /// Bytes of one envelope.
    std::size_t envelope_size = 64 * 1024;
    /// Bytes of the envelopes that wait in one mailbox.
    std::uint64_t mailbox_bytes = 16 * 1024 * 1024;
    /// Envelopes that wait in one mailbox.
    std::uint64_t mailbox_envelopes = 10'000;
    /// Bytes of all there is: each mailbox, and each envelope and prekey in one or remembered,
    /// counts 256 more than it has.
    std::uint64_t bytes = 4ULL * 1024 * 1024 * 1024;
    /// How long an envelope waits for its receiver.
    std::chrono::days age{30};
    /// Bytes of the signed part of a bundle, and of one prekey.
    std::size_t prekey_size = 1024;
    /// One-time prekeys of one mailbox.
    std::size_t one_time_prekeys = 200;
    /// Of a mailbox's envelopes that were taken, and of its prekeys, how many are remembered, so
    /// that they are not there twice. For as long as an envelope waits, or a bundle is handed out.
    std::size_t remembered = 1'000;
    /// How long a bundle is handed out after it was published.
    std::chrono::days bundle_age{35};
};

/// An envelope that was put into a mailbox.
struct PutEnvelope {
    /// Where it stands in the order of its mailbox.
    std::uint64_t number;
    /// Whether it was not there before.
    bool is_new;
};

/// An envelope that waits for its receiver.
struct WaitingEnvelope {
    std::uint64_t number;
    std::string envelope;
};

/// What somebody needs who writes to the owner of a mailbox for the first time.
struct HandedOutPrekeys {
    std::string signed_part;
    /// None when there is none left, or none was asked for.
    std::optional<std::string> one_time;
    /// How many one-time prekeys are left.
    std::size_t left;
};

/// What a relay keeps of people who are not there: envelopes that wait for them, and the prekeys
/// that they left for others. All of it is bytes that nobody here looks into.
///
/// What a call returns without an error is on the disk and stays there, whatever happens to this
/// process. Beside those of netaio, errors are std::errc::no_space_on_device when the disk is full
/// and std::errc::io_error; the log says what happened. After an error nothing has changed. Not
/// thread-safe.
class Mailboxes {
public:
    /// Opens the database, or makes it, readable by its owner only. Throws std::runtime_error with
    /// a sentence that says what to do.
    explicit Mailboxes(const std::string& path, MailboxLimits limits = {},
                       Environment environment = {});
    ~Mailboxes();
    Mailboxes(const Mailboxes&) = delete;
    Mailboxes& operator=(const Mailboxes&) = delete;

    /// Puts an envelope behind those that wait. One of the same bytes that is there, or was taken
    /// lately, is that one still. Errc::queue_full when there is no room in the mailbox or in all:
    /// nothing that waits makes way for it. Errc::too_large, Errc::malformed when it is empty.
    Result<PutEnvelope> put(const MailboxName& mailbox, ByteView envelope);

    /// The envelopes of greater number than `after`, in order, at most so many. They stay until
    /// they are acknowledged.
    Result<std::vector<WaitingEnvelope>> fetch(const MailboxName& mailbox, std::uint64_t after,
                                               std::size_t max);

    /// Lets go of envelopes that their receiver has. Numbers of which there is none do no harm.
    std::error_code acknowledge(const MailboxName& mailbox, std::span<const std::uint64_t> numbers);

    /// Replaces the signed part of the bundle, and adds one-time prekeys to those that are there;
    /// one that is, or was handed out lately, is not added again. Returns how many there are now.
    /// Errc::queue_full when they would be too many, or there is no room in all, Errc::too_large,
    /// Errc::malformed when one is empty.
    Result<std::size_t> publish(const MailboxName& mailbox, ByteView signed_part,
                                std::span<const std::string> one_time_prekeys);

    /// The bundle with one of the one-time prekeys, the oldest, which nobody gets again; or without
    /// one, as for somebody who asks too often. None when there is no bundle.
    Result<std::optional<HandedOutPrekeys>> hand_out(const MailboxName& mailbox,
                                                     bool with_one_time = true);

    /// Lets go of what waited for too long; so does each change. Returns how many envelopes that
    /// were.
    Result<std::size_t> expire();

private:
    class Store;
    std::unique_ptr<Store> store_;
};

}  // namespace netaio::chat
