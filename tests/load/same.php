<?php // The bare reference in PHP: the bytes of the access page, read once per request from the system's cache.
header('Content-Type: text/html; charset=utf-8');
header('Cache-Control: no-store');
readfile(__DIR__ . '/page.html');
