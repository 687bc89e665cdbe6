#pragma once

#include <sys/resource.h>

#include <csignal>

namespace netaio::test {

/// While it lives, no file of this process grows beyond so many bytes, as on a disk that is full.
class FileSizeMax {
public:
    explicit FileSizeMax(rlim_t bytes) : signal_(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit little{bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &little);
    }
    ~FileSizeMax() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, signal_);
    }
    FileSizeMax(const FileSizeMax&) = delete;
    FileSizeMax& operator=(const FileSizeMax&) = delete;

private:
    void (*signal_)(int);
    rlimit before_{};
};

}  // namespace netaio::test
