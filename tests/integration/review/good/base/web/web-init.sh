#!/bin/sh
cp -R /usr/share/nginx/html/. /srv/frontend
echo done >/srv/frontend/.initialized
