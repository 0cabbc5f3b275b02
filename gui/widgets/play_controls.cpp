// SPDX-License-Identifier: Apache-2.0
// See main_window.hpp: playing a run. The player is the stage's; here are its commands, the choice of its speed, and what the tool bar says of it.
#include <QAction>
#include <QComboBox>
#include <QMenu>
#include <QToolBar>

#include <algorithm>
#include <cmath>

#include "gui/models/words.hpp"
#include "gui/theme/symbols.hpp"
#include "gui/widgets/main_window.hpp"

namespace flowtank::gui {
namespace {

QString speed_words(double speed) {
  return speed < 1 ? MainWindow::tr("1 in %1 s").arg(std::lround(1 / speed)) : MainWindow::tr("%1 /s").arg(QString::fromStdString(thousands(static_cast<std::uint64_t>(speed))));
}

}  // namespace

void MainWindow::make_play_commands(QMenu* menu) {
  Player& player = stage_.player();
  add(menu, {"play", tr("&Play"), tr("Plays the run from the event in focus: messages move, all views follow"), {QKeySequence(Qt::CTRL | Qt::Key_Space), QKeySequence(Qt::Key_MediaPlay), QKeySequence(Qt::Key_MediaTogglePlayPause)}, [&player] { player.toggle(); }});
  const auto other_speed = [&player](int by) {
    const auto& all = Player::speeds();
    const auto now = std::lower_bound(all.begin(), all.end(), player.speed()) - all.begin();
    player.set_speed(all[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(now + by, 0, static_cast<std::ptrdiff_t>(all.size()) - 1))]);
  };
  add(menu, {"faster", tr("Fas&ter"), tr("Plays twice as fast"), {QKeySequence(Qt::CTRL | Qt::Key_BracketRight)}, [other_speed] { other_speed(1); }});
  add(menu, {"slower", tr("S&lower"), tr("Plays half as fast"), {QKeySequence(Qt::CTRL | Qt::Key_BracketLeft)}, [other_speed] { other_speed(-1); }});
  QAction* faults = add(menu, {"stop-at-faults", tr("Stop playing at &faults"), tr("Playing stops where a fault strikes; at a violation it always stops"), {}, [this] { stage_.player().set_stops_at_faults(action(QStringLiteral("stop-at-faults"))->isChecked()); }});
  faults->setCheckable(true);
  menu->addSeparator();
}

void MainWindow::make_speed_choice(QToolBar* bar) {
  speed_ = new QComboBox(bar);
  speed_->setObjectName(QStringLiteral("speed"));
  for (const double speed : Player::speeds()) speed_->addItem(speed_words(speed), speed);
  speed_->setAccessibleName(tr("Speed of playing"));
  speed_->setToolTip(tr("Speed of playing: events a second, on average (Ctrl+[ and Ctrl+])"));
  speed_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  speed_->setMinimumContentsLength(6);
  bar->addWidget(speed_);
  const auto follow = [this] {
    const int at = speed_->findData(stage_.player().speed());
    if (at >= 0) speed_->setCurrentIndex(at);
  };
  follow();
  connect(speed_, &QComboBox::activated, this, [this](int at) { stage_.player().set_speed(speed_->itemData(at).toDouble()); });
  connect(&stage_.player(), &Player::speed_changed, this, [this, follow] {
    follow();
    stopped_->setText(tr("Plays %1 events a second").arg(stage_.player().speed()));
  });
  connect(&stage_.player(), &Player::playing_changed, this, [this] {
    show_playing();
    if (!stage_.player().playing()) show_focus();
  });
}

void MainWindow::show_playing() {
  const bool playing = stage_.player().playing();
  QAction* play = action(QStringLiteral("play"));
  play->setText(playing ? tr("&Pause") : tr("&Play"));
  play->setIconText(playing ? tr("Pause") : tr("Play"));
  play->setIcon(icon_of(appearance_.theme(), playing ? Symbol::stop : Symbol::run));
}

}  // namespace flowtank::gui
