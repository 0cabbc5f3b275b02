// SPDX-License-Identifier: Apache-2.0
// See background.hpp. At most one thread is there at a time; what was started meanwhile waits for its end, the last one only.
#include "gui/session/background.hpp"

#include <utility>

namespace flowtank::gui {

Background::~Background() {
  next_ = {};
  if (thread_ == nullptr) return;
  cancelled_->store(true);
  thread_->disconnect(this);
  thread_->wait();
  delete thread_;
}

void Background::start(Work work) {
  next_ = std::move(work);
  if (thread_ != nullptr) {
    cancelled_->store(true);
    return;
  }
  begin();
  Q_EMIT busy_changed();
}

void Background::cancel() {
  next_ = {};
  if (thread_ != nullptr) cancelled_->store(true);
}

void Background::begin() {
  cancelled_ = std::make_shared<std::atomic<bool>>(false);
  auto result = std::make_shared<std::function<void()>>();
  thread_ = QThread::create([work = std::exchange(next_, {}), flag = cancelled_, result] { *result = work(*flag); });
  connect(thread_, &QThread::finished, this, [this, result, flag = cancelled_] {
    thread_->deleteLater();
    thread_ = nullptr;
    if (next_) return begin();
    if (!flag->load() && *result) (*result)();
    Q_EMIT busy_changed();
  });
  thread_->start();
}

}  // namespace flowtank::gui
