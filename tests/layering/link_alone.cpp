// SPDX-License-Identifier: Apache-2.0
// The main of the link checks: linked with one whole library and what that declares, it need not do
// anything.
int main() { return 0; }
