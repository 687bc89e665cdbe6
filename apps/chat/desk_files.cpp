#include <algorithm>
#include <netaio/chat/files.hpp>
#include <vector>

#include "desk.hpp"
#include "file_progress.hpp"
#include "misuse.hpp"

/// What is typed of files.
namespace netaio::chat_app {
namespace {

// The file that is meant: of that number, or the only one that can be.
std::uint64_t file_meant(const std::optional<std::uint64_t>& number,
                         const std::vector<chat::FileView>& files,
                         bool (*can_be)(const chat::FileView&)) {
    if (number) return *number;
    const auto found = std::ranges::find_if(files, can_be);
    if (found == files.end()) throw Misuse("there is no such file");
    if (std::any_of(found + 1, files.end(), can_be)) {
        throw Misuse("say which by its number; /files shows them");
    }
    return found->number;
}

void expect_done(const std::error_code& error, const std::string& what) {
    if (error == Errc::not_connected) {
        throw Misuse(what + ": there is no such file; /files shows them");
    }
    if (error == Errc::queue_full) {
        throw Misuse(what + ": too much waits for them already; /files shows what does");
    }
    if (error) throw Misuse(what + ": " + error.message());
}

}  // namespace

void Desk::send_file(const command::SendFile& asked) {
    const chat::PublicKey to = names_.person(asked.name);
    const auto id = chat_.offer_file(to, asked.file);
    if (!id && id.error() == Errc::auth_failed) {
        throw Misuse("not sent: " + names_.of(to) +
                     " has another key than the one you verified; see /verify " + names_.of(to) +
                     " and /accept");
    }
    if (!id && id.error() == Errc::unsupported) {
        throw Misuse("not sent: " + asked.file + " is no file");
    }
    expect_done(id ? std::error_code() : id.error(), "not sent");
    calls_.wake();
}

void Desk::show_files() const {
    const auto files = chat_.files();
    for (const chat::FileView& file : files) {
        tell(std::to_string(file.number) + "  " + file_text(names_, file));
    }
    if (files.empty()) tell("none on their way; /file NAME FILE sends one");
}

void Desk::take_file(const command::TakeFile& asked) {
    const auto waits = [](const chat::FileView& file) {
        return !file.own && file.state == chat::FileState::offered;
    };
    expect_done(chat_.take_file(file_meant(asked.number, chat_.files(), waits)), "not taken");
    calls_.wake();
}

void Desk::cancel_file(const command::CancelFile& asked) {
    const auto any = [](const chat::FileView&) { return true; };
    expect_done(chat_.cancel_file(file_meant(asked.number, chat_.files(), any)), "not ended");
    calls_.wake();
}

}  // namespace netaio::chat_app
