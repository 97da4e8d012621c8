#pragma once
// Inside: ProxySession::on_worker, for the two files that a session is written in.
#include <exception>

#include "kernel/telemetry/telemetry.h"
#include "modules/databases/proxy/loop.h"
#include "modules/databases/proxy/session.h"

namespace ry::databases {

/// A Bug of the directory is the end of one session.
template <class T>
Result<T> without_bugs(std::move_only_function<Result<T>()>& f) {
    try {
        return f();
    } catch (const std::exception& bug) {
        telemetry::log(telemetry::Level::error, "database_proxy_bug", {{"what", bug.what()}});
        return fail(Code::bug,
                    "the server made a mistake, which its log names; try again, and report it if it happens again");
    }
}

template <class T>
void ProxySession::on_worker(std::move_only_function<Result<T>()> f, void (ProxySession::*then)(Result<T>)) {
    auto task = [self = shared_from_this(), f = std::move(f), then, step = step_]() mutable {
        auto result = without_bugs(f);
        self->loop_.post([self, then, step, result = std::move(result)]() mutable {
            if (self->step_ == step) ((*self).*then)(std::move(result));
        });
    };
    DatabaseName base{wanted_.database.name, wanted_.database.ref};  // its forks stand in one line with it
    if (!loop_.shared().openings.submit(base.text(), std::move(task)))
        refuse("57P03", "too many connections are starting; try again in a moment");
}

}  // namespace ry::databases
