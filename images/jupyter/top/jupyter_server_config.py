# SPDX-License-Identifier: Apache-2.0
# JupyterLab behind the gateway: it listens on the bubble's own loopback, whose only way in is the
# door; the gateway has already decided who the person is, so there is no password here.
import os

c = get_config()  # noqa: F821

c.ServerApp.ip = "127.0.0.1"
c.ServerApp.port = 8888
c.ServerApp.port_retries = 0
c.ServerApp.open_browser = False
c.ServerApp.allow_remote_access = True  # the Host is the service's own origin, not localhost
c.ServerApp.trust_xheaders = True
c.ServerApp.root_dir = os.environ["HOME"]
c.ServerApp.quit_button = False
c.ServerApp.shutdown_no_activity_timeout = 0
c.IdentityProvider.token = ""
c.PasswordIdentityProvider.hashed_password = ""
c.PasswordIdentityProvider.allow_password_change = False
c.PasswordIdentityProvider.password_required = False
# There is no network: nothing to update, nothing to install, no news to fetch.
c.LabApp.extension_manager = "readonly"
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.news_url = None
c.ServerApp.jpserver_extensions = {
    "jupyterlab": True,
    "jupyter_server_terminals": True,
    "jupyter_lsp": False,
    "notebook_shim": False,
}
