// SPDX-License-Identifier: Apache-2.0
// See examples.hpp. A folder from the environment comes first, then the installed one, then the source tree.
#include "gui/session/examples.hpp"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>

namespace flowtank::gui {

const std::vector<Example>& examples() {
  static const std::vector<Example> all = {
      {"faults/duplicate.json", QT_TRANSLATE_NOOP("Examples", "Duplicate charge"), QT_TRANSLATE_NOOP("Examples", "The broker delivers OrderPlaced twice; a payment without an inbox charges twice."), QT_TRANSLATE_NOOP("Examples", "6 steps"),
       FaultKind::duplicate, VerdictKind::fail, false},
      {"store-order-without-outbox-crash.json", QT_TRANSLATE_NOOP("Examples", "Lost order"), QT_TRANSLATE_NOOP("Examples", "order crashes after its commit and before the publish: the event is never sent."), QT_TRANSLATE_NOOP("Examples", "4 steps"),
       FaultKind::crash, VerdictKind::fail, false},
      {"faults/partition-one-way.json", QT_TRANSLATE_NOOP("Examples", "Paid, and yet failed"), QT_TRANSLATE_NOOP("Examples", "The request arrives, the answer does not: the purchase is taken for failed."), QT_TRANSLATE_NOOP("Examples", "6 steps"),
       FaultKind::partition, VerdictKind::fail, false},
      {"faults/reorder.json", QT_TRANSLATE_NOOP("Examples", "Stale read model"), QT_TRANSLATE_NOOP("Examples", "The older event arrives last and wins; the read model is wrong for good."), QT_TRANSLATE_NOOP("Examples", "15 steps"),
       FaultKind::reorder, VerdictKind::fail, false},
      {"store-all-patterns-crash-duplicate.json", QT_TRANSLATE_NOOP("Examples", "Outbox and inbox"), QT_TRANSLATE_NOOP("Examples", "The same store with both patterns: one crash and one duplicate do no harm."), QT_TRANSLATE_NOOP("Examples", "all orders of events"),
       FaultKind::duplicate, VerdictKind::pass, true},
  };
  return all;
}

namespace {

// The nearest folder above the program in which `wanted` lies: a build folder inside of the source tree.
QString above(const QString& program, const QString& folder, const QString& wanted) {
  QDir at(program);
  do {
    if (QFileInfo::exists(at.filePath(folder + wanted))) return QDir::cleanPath(at.filePath(folder));
  } while (at.cdUp());
  return {};
}

}  // namespace

QString scenario_folder(const QString& program) {
  const QString given = qEnvironmentVariable("FLOWTANK_SCENARIOS");
  if (!given.isEmpty()) return given;
  const QString one = QStringLiteral("/faults/duplicate.json");
  const QString installed = QDir::cleanPath(program + QStringLiteral("/../share/flowtank/scenarios"));
  return QFileInfo::exists(installed + one) ? installed : above(program, QStringLiteral("scenarios"), one);
}

std::vector<std::string> model_folders(const QString& program) {
  std::vector<std::string> folders;
  for (const QString& folder : qEnvironmentVariable("FLOWTANK_MODELS").split(u':', Qt::SkipEmptyParts)) folders.push_back(folder.toStdString());
  const QString installed = QDir::cleanPath(program + QStringLiteral("/../share/flowtank/models/services"));
  const QString found = QFileInfo(installed).isDir() ? installed : above(program, QStringLiteral("models/services"), QStringLiteral("/order.json"));
  if (!found.isEmpty()) folders.push_back(found.toStdString());
  return folders;
}

}  // namespace flowtank::gui
