// SPDX-License-Identifier: Apache-2.0
// A window of the desktop for walks: without a screen, of 1600 by 1000 pixels, remembering nothing. What takes time is waited
// for by its end, never by a clock.
#pragma once

#include <catch2/catch.hpp>

#include <QCoreApplication>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <string>
#include <vector>

#include "gui/widgets/main_window.hpp"

namespace flowtank::gui {

inline const std::vector<std::string> shipped_models = {std::string(FLOWTANK_SOURCE_DIR) + "/models/services"};
inline const QString shipped_scenarios = QStringLiteral(FLOWTANK_SOURCE_DIR "/scenarios");

struct Window {
  MainWindow window{shipped_models, shipped_scenarios, false};
  Window() {
    window.resize(1600, 1000);
    window.show();
    REQUIRE(QTest::qWaitForWindowExposed(&window));
  }
  void wait() {
    REQUIRE(QTest::qWaitFor([this] { return !window.session().busy(); }, 120'000));
    QCoreApplication::processEvents();
  }
};

// The duplicate scenario with one piece of its text replaced; `from` must be in it unless it is empty.
inline QString changed_copy(const QTemporaryDir& folder, const QString& name, const QString& from, const QString& to) {
  QFile in(shipped_scenarios + QStringLiteral("/faults/duplicate.json"));
  REQUIRE(in.open(QIODevice::ReadOnly));
  QString text = QString::fromUtf8(in.readAll());
  if (!from.isEmpty()) REQUIRE(text.contains(from));
  text.replace(from, to);
  const QString file = folder.filePath(name);
  QFile out(file);
  REQUIRE(out.open(QIODevice::WriteOnly | QIODevice::Truncate));
  out.write(text.toUtf8());
  return file;
}

}  // namespace flowtank::gui
