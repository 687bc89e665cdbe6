#pragma once

#include <functional>

#include "session_handshake.hpp"
#include "stream.hpp"

namespace netaio::core {

/// A client's asking a server for a session, before anything else is said. On the stream's thread.
class SessionOpening : public std::enable_shared_from_this<SessionOpening> {
public:
    /// Told once how it ended, perhaps within start(): without an error the stream is to be used,
    /// be it without a session where the options allow that.
    using Done = std::function<void(std::error_code)>;

    /// `server` is by what its key is known.
    static void start(const std::shared_ptr<Stream>& stream, std::string server, Done done);

    SessionOpening(const std::shared_ptr<Stream>& stream, std::string server, Done done);
    ~SessionOpening();
    SessionOpening(const SessionOpening&) = delete;
    SessionOpening& operator=(const SessionOpening&) = delete;

private:
    using Answered = void (SessionOpening::*)(std::error_code, const Message*);

    void begin();
    void shake(const std::optional<SessionKey>& with);
    void ask(std::string content, Answered answered);
    void first_answer(std::error_code error, const Message* answer);
    void last_answer(std::error_code error, const Message* answer);
    void declined(std::error_code why);
    SessionPeer server_on(const Stream& stream) const;
    void agree(Stream& stream);
    void end(std::error_code why, const std::string& in_words = {});
    template <class Work>
    void attempt(Work&& work) noexcept;

    bool must_have_one() const noexcept { return expected_ || terms_->requires_one(); }

    std::weak_ptr<Stream> stream_;
    std::shared_ptr<const SessionTerms> terms_;
    const Environment environment_;
    std::string server_;
    Done done_;
    std::optional<SessionKey> expected_;  // the server's key
    bool learns_ = false;                 // only who is there, as that is not whom one knows
    SessionSecret secret_;
    std::optional<SessionAsker> asker_;
};

}  // namespace netaio::core
