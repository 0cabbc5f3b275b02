# Language level, options, warnings and sanitizers for every target of the project.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

find_program(FLOWTANK_CCACHE ccache)
set(gui_is_there OFF)
if(EXISTS "${PROJECT_SOURCE_DIR}/gui/CMakeLists.txt")
  set(gui_is_there ON)
endif()
# A precompiled header saves 0.6 s a test file but is bound to one build folder, so ccache could no longer share
# objects between folders, which saves more.
set(precompile ON)
if(FLOWTANK_CCACHE)
  set(precompile OFF)
endif()

option(FLOWTANK_WERROR "Treat warnings as errors" OFF)
option(FLOWTANK_GUI "Build the desktop user interface (Qt 6)" ${gui_is_there})
option(BUILD_SHARED_LIBS "Build the libraries as shared ones" OFF)
option(FLOWTANK_PCH "Precompile the large headers of Catch2 and nlohmann/json" ${precompile})
option(FLOWTANK_VERIFY_HEADERS "Add the target all_verify_interface_header_sets: each header compiles alone" OFF)
set(FLOWTANK_SANITIZE "" CACHE STRING "Sanitizers for -fsanitize=, for example address,undefined")

# Same input, same bytes on every compiler: no fused multiply-add, no fast math.
add_compile_options(-ffp-contract=off -Wall -Wextra -Wpedantic -Wconversion -Wshadow
                    -Wnon-virtual-dtor -Woverloaded-virtual)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 sees overflows in its own std::string and std::optional where there are none (GCC bugs 105329, 105651,
  # 105562); Clang and the address sanitizer look for the true ones.
  add_compile_options(-Wno-array-bounds -Wno-restrict -Wno-stringop-overflow -Wno-maybe-uninitialized)
endif()
# What is shipped does not tell where it was built; Ninja names sources relative to the build folder.
cmake_path(RELATIVE_PATH PROJECT_SOURCE_DIR BASE_DIRECTORY ${PROJECT_BINARY_DIR} OUTPUT_VARIABLE to_source)
cmake_path(APPEND to_source "")
add_compile_options($<$<CONFIG:Release,MinSizeRel>:-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=>
                    $<$<CONFIG:Release,MinSizeRel>:-ffile-prefix-map=${to_source}=>)
if(FLOWTANK_WERROR)
  add_compile_options(-Werror)
endif()
if(FLOWTANK_SANITIZE)
  add_compile_options(-fsanitize=${FLOWTANK_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${FLOWTANK_SANITIZE})
endif()
option(FLOWTANK_FUZZ "Build tests/fuzz with libFuzzer (Clang only)" OFF)
if(FLOWTANK_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(FLOWTANK_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${FLOWTANK_CCACHE}")
endif()
set(CMAKE_VERIFY_INTERFACE_HEADER_SETS ${FLOWTANK_VERIFY_HEADERS})

include(GNUInstallDirs)
if(BUILD_SHARED_LIBS)
  cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_LIBDIR BASE_DIRECTORY ${CMAKE_INSTALL_FULL_BINDIR} OUTPUT_VARIABLE to_libraries)
  set(CMAKE_INSTALL_RPATH "$ORIGIN/${to_libraries};$ORIGIN")
endif()

find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(Boost REQUIRED)
