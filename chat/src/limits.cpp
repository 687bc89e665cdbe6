#include <netaio/chat/limits.hpp>
