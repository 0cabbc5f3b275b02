// SPDX-License-Identifier: Apache-2.0
// flowtank-gui [SCENARIO|TRACE|COUNTEREXAMPLE...]: the desktop. Each file opens a window of its own; texts come in the language
// of the system where a translation to it was installed.
#include <QApplication>
#include <QCommandLineParser>
#include <QLocale>
#include <QTranslator>

#include <memory>
#include <vector>

#include "gui/session/examples.hpp"
#include "gui/widgets/main_window.hpp"

int main(int argc, char** argv) {
  QApplication application(argc, argv);
  QApplication::setApplicationName(QStringLiteral("flowtank-gui"));
  QApplication::setOrganizationName(QStringLiteral("flowtank"));
  QApplication::setApplicationDisplayName(QStringLiteral("Flowtank"));
  QApplication::setApplicationVersion(QStringLiteral(FLOWTANK_VERSION));
  QApplication::setDesktopFileName(QStringLiteral("flowtank-gui"));
  QTranslator translator;
  const QString translations = QCoreApplication::applicationDirPath() + QStringLiteral("/../share/flowtank/translations");
  if (translator.load(QLocale(), QStringLiteral("flowtank"), QStringLiteral("_"), translations)) QCoreApplication::installTranslator(&translator);
  QCommandLineParser line;
  line.setApplicationDescription(QCoreApplication::translate("main", "Watches event-driven services fail and shows why."));
  line.addHelpOption();
  line.addVersionOption();
  line.addPositionalArgument(QStringLiteral("file"), QCoreApplication::translate("main", "A scenario, a trace or a counterexample."), QStringLiteral("[FILE...]"));
  line.process(application);
  const QString program = QCoreApplication::applicationDirPath();
  const auto models = flowtank::gui::model_folders(program);
  const QString scenarios = flowtank::gui::scenario_folder(program);
  std::vector<std::unique_ptr<flowtank::gui::MainWindow>> windows;
  const QStringList files = line.positionalArguments();
  for (qsizetype i = 0; i < std::max<qsizetype>(1, files.size()); ++i) {
    windows.push_back(std::make_unique<flowtank::gui::MainWindow>(models, scenarios));
    windows.back()->show();
    if (i < files.size()) windows.back()->open_file(files[i]);
  }
  return QApplication::exec();
}
